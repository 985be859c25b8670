//! The page in a real browser, as a person uses it.

use std::path::Path;

use fantoccini::Locator;

use super::browser::Page;
use crate::support::{Bankrun, Chromium};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_started_stopped_and_its_verdict_read() {
    let page = Page::open(Path::new("scenarios"), &[]);
    let browser = Chromium::start().await;
    browser.resize(1280, 900, 1.0).await;
    browser.client.goto(&format!("http://{}", page.address)).await.expect("the page");

    // One that goes on, until somebody stops it.
    browser.start_run("mix.yaml", &["naive"]).await;
    browser.seen("article[data-state=running][data-label=naive]").await;
    browser.seen("article .uplot canvas").await;
    assert!(browser.client.find(Locator::Css("#start:enabled")).await.is_err(), "one at a time");
    browser.click("#stop:enabled").await;
    browser.seen("article[data-state=done]").await;
    browser.reads("article", "stopped early").await;
    let missing = browser.reads("[data-account='1']", "WRONG").await;
    assert!(missing.contains('-'), "{missing}");

    // Two, side by side, to their end.
    browser.start_run("deterministic.yaml", &["robust", "naive"]).await;
    browser.seen("article[data-label=robust][data-outcome=pass]").await;
    browser.seen("article[data-label=naive][data-outcome=fail]").await;
    let naive = browser.reads("article[data-label=naive]", "lost update").await;
    for words in ["FAIL", "of acknowledged money is gone", "SELECT ... FOR UPDATE", "--seed 1"] {
        assert!(naive.contains(words), "{words}: {naive}");
    }
    browser.seen("article[data-label=naive] .witness svg[role=img]").await;
    let compared = browser.reads("[data-compare=robust]", "PASS").await;
    assert!(compared.starts_with("robust"), "{compared}");
    let past = browser.client.find_all(Locator::Css("#history li")).await.expect("a list");
    assert_eq!(past.len(), 2, "both starts are remembered");

    // On a phone nothing sticks out.
    browser.resize(400, 900, 1.0).await;
    let width = browser.value("document.documentElement.scrollWidth").await;
    assert!(width.as_u64() <= Some(400), "{width}");
    assert_eq!(browser.complaints().await, Vec::<String>::new());

    page.interrupt();
    browser.reads("#connection", "ended").await;
    browser.close().await;
    assert_eq!(page.ended().1, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_opens_from_the_disk_with_all_that_the_page_shows() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("report.html");
    let path = file.to_str().expect("a path");
    Bankrun::new(&["--mode", "robust,naive", "--html", path]).run().code(1);
    let browser = Chromium::start().await;
    browser.client.goto(&format!("file://{path}")).await.expect("the report");
    browser.seen("article[data-label=robust][data-outcome=pass]").await;
    browser.seen("article[data-label=naive] .uplot canvas").await;
    browser.seen("article[data-label=naive] .witness svg[role=img]").await;
    let rows = browser.client.find_all(Locator::Css("article[data-label=naive] [data-account]"));
    assert_eq!(rows.await.expect("rows").len(), 3);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
    let size = std::fs::metadata(&file).expect("a file").len();
    assert!(size < 1_000_000, "{size} bytes");
}
