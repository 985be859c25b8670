/// A file that the page fetches from `/assets/NAME`. All of them are text.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    pub name: &'static str,
    pub content_type: &'static str,
    pub text: &'static str,
}

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! asset {
    ($name:literal, $path:literal, $content_type:expr) => {
        Asset {
            name: $name,
            content_type: $content_type,
            text: include_str!(concat!("assets/", $path)),
        }
    };
    ($name:literal, $content_type:expr) => {
        asset!($name, $name, $content_type)
    };
}

/// In the order in which they apply.
pub(in crate::report) const STYLES: &[Asset] = &[
    asset!("uPlot.min.css", "vendor/uPlot.min.css", CSS),
    asset!("theme.css", CSS),
    asset!("layout.css", CSS),
    asset!("form.css", CSS),
    asset!("run.css", CSS),
    asset!("verdict.css", CSS),
    asset!("print.css", CSS),
];

/// Those of the page and of the report, in the order in which they need each
/// other. The first one runs before anything is painted.
pub(in crate::report) const SCRIPTS: &[Asset] = &[
    asset!("theme.js", JAVASCRIPT),
    asset!("uPlot.iife.min.js", "vendor/uPlot.iife.min.js", JAVASCRIPT),
    asset!("base.js", JAVASCRIPT),
    asset!("format.js", JAVASCRIPT),
    asset!("columns.js", JAVASCRIPT),
    asset!("charts.js", JAVASCRIPT),
    asset!("traffic.js", JAVASCRIPT),
    asset!("accounts.js", JAVASCRIPT),
    asset!("drift.js", JAVASCRIPT),
    asset!("numbers.js", JAVASCRIPT),
    asset!("waits.js", JAVASCRIPT),
    asset!("verdict.js", JAVASCRIPT),
    asset!("details.js", JAVASCRIPT),
    asset!("witness-time.js", JAVASCRIPT),
    asset!("witness-graph.js", JAVASCRIPT),
    asset!("witness.js", JAVASCRIPT),
    asset!("values.js", JAVASCRIPT),
    asset!("compare.js", JAVASCRIPT),
    asset!("run.js", JAVASCRIPT),
    asset!("group.js", JAVASCRIPT),
];

/// Those of the live page alone.
pub(super) const SCRIPTS_OF_PAGE: &[Asset] = &[
    asset!("api.js", JAVASCRIPT),
    asset!("scenarios.js", JAVASCRIPT),
    asset!("start.js", JAVASCRIPT),
    asset!("history.js", JAVASCRIPT),
    asset!("live.js", JAVASCRIPT),
];

/// That of the HTML report alone.
pub(in crate::report) const SCRIPTS_OF_REPORT: &[Asset] = &[asset!("saved.js", JAVASCRIPT)];

/// Others: the icon, and the licence of the charts.
const OTHERS: &[Asset] = &[
    asset!("icon.svg", "image/svg+xml"),
    asset!("uPlot.LICENSE", "vendor/uPlot.LICENSE", "text/plain; charset=utf-8"),
];

/// The asset of the live page with this name.
pub fn asset(name: &str) -> Option<&'static Asset> {
    let mut all = STYLES.iter().chain(SCRIPTS).chain(SCRIPTS_OF_PAGE).chain(OTHERS);
    all.find(|asset| asset.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_one_asset() {
        let lists = [STYLES, SCRIPTS, SCRIPTS_OF_PAGE, OTHERS];
        let mut names: Vec<&str> = lists.concat().iter().map(|asset| asset.name).collect();
        for name in &names {
            assert_eq!(asset(name).map(|asset| asset.name), Some(*name));
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), lists.concat().len(), "a name is there twice");
        assert!(asset("../mod.rs").is_none());
    }

    /// They are put into one file, between tags that must not end early.
    #[test]
    fn no_asset_ends_its_element() {
        for asset in [STYLES, SCRIPTS, SCRIPTS_OF_REPORT].concat() {
            let text = asset.text.to_ascii_lowercase();
            for end in ["</script", "</style", "<!--"] {
                assert!(!text.contains(end), "{} contains {end}", asset.name);
            }
        }
    }

    /// The licence has to be there wherever the library is.
    #[test]
    fn the_licence_of_the_charts_is_with_them() {
        let licence = asset("uPlot.LICENSE").expect("the licence");
        assert!(licence.text.contains("MIT License"));
        let script = asset("uPlot.iife.min.js").expect("the script");
        assert!(script.text.starts_with("/*! https://github.com/leeoniya/uPlot (v1.6.32) */"));
    }
}
