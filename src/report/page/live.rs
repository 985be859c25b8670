use super::assets::{SCRIPTS, SCRIPTS_OF_PAGE, STYLES};

const PAGE: &str = include_str!("assets/page.html");

/// The live page. `token` is what it shows when it asks for something to be
/// done; it goes into an attribute, whatever it is.
pub fn page(token: &str) -> String {
    let mut head = String::from("<link rel=\"icon\" href=\"/assets/icon.svg\">\n");
    for style in STYLES {
        head += &format!("<link rel=\"stylesheet\" href=\"/assets/{}\">\n", style.name);
    }
    for (index, script) in SCRIPTS.iter().chain(SCRIPTS_OF_PAGE).enumerate() {
        let defer = if index == 0 { "" } else { " defer" };
        head += &format!("<script{defer} src=\"/assets/{}\"></script>\n", script.name);
    }
    PAGE.replace("{{head}}", head.trim_end()).replace("{{token}}", &attribute(token))
}

fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::super::asset;
    use super::*;

    #[test]
    fn the_page_asks_only_for_assets_that_are_there() {
        let page = page("t0ken");
        assert!(page.contains("<meta name=\"bankrun-token\" content=\"t0ken\">"));
        let asked: Vec<&str> = page
            .split("\"/assets/")
            .skip(1)
            .map(|rest| rest.split('"').next().expect("a name"))
            .collect();
        assert!(asked.len() > 20);
        for name in asked {
            assert!(asset(name).is_some(), "{name} is asked for and not there");
        }
        assert!(!page.contains("{{"));
    }

    /// The page is served under a policy that forbids what stands in it.
    #[test]
    fn nothing_inline_is_to_run() {
        let page = page("t0ken");
        assert!(!page.contains(" style=") && !page.contains("<style"));
        assert!(!page.contains(" onclick=") && !page.contains("javascript:"));
        assert!(page.split("<script").skip(1).all(|tag| tag.contains("src=\"/assets/")));
    }

    #[test]
    fn a_token_stays_in_its_attribute() {
        let page = page("\"><script>&");
        assert!(page.contains("content=\"&quot;>&lt;script>&amp;\""));
    }
}
