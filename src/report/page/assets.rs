/// A file of the page.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    pub content_type: &'static str,
    pub bytes: &'static [u8],
}

/// The page, with the token in it.
pub fn page(token: &str) -> String {
    format!("<meta name=\"bankrun-token\" content=\"{token}\">")
}

pub fn asset(_name: &str) -> Option<Asset> {
    None
}
