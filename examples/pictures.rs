//! Makes the pictures of the documentation, so that they show what is there:
//!
//! ```console
//! $ cargo build --release && cargo run --example pictures
//! ```
//!
//! Runs the release build in a terminal of 80 columns and in a headless Chromium
//! (`apt-get install chromium chromium-driver`), and writes `docs/pictures/`.

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

#[path = "../tests/suite/support/chromium.rs"]
#[expect(unreachable_pub, dead_code, reason = "tests share it, and use more of it")]
mod chromium;

use chromium::Chromium;

const PROGRAM: &str = "target/release/bankrun";
const FOLDER: &str = "docs/pictures";
/// Colours that are as easy to read as those of today's terminals, for those of
/// 1981.
const COLORS: [(&str, &str); 6] = [
    ("#000000", "#0d1117"),
    ("#AAAAAA", "#d8dee4"),
    ("#00AA00", "#56d364"),
    ("#AA0000", "#ff7b72"),
    ("#AA5500", "#e3b341"),
    ("opacity: 0.4", "opacity: 0.65"),
];

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    if !Path::new(PROGRAM).exists() {
        return Err(format!("{PROGRAM} is not there; build it with `cargo build --release`").into());
    }
    fs::create_dir_all(FOLDER)?;
    terminal()?;
    let page = Page::open()?;
    let browser = Chromium::start().await;
    pictures(&browser, &page.address).await?;
    browser.close().await;
    Ok(())
}

/// The report of a naive run, as a terminal shows it.
fn terminal() -> Outcome<()> {
    let command = format!("stty cols 80 rows 50; {PROGRAM} --mode naive 2>/dev/null");
    let output = Command::new("script").args(["-qfec", &command, "/dev/null"]).output()?;
    let text = String::from_utf8(output.stdout)?.replace("\r\n", "\n");
    if !text.contains("FAIL") {
        return Err(format!("no verdict in the terminal:\n{text}").into());
    }
    let prompt = "\u{1b}[1m$ bankrun --mode naive\u{1b}[0m\n";
    let svg = anstyle_svg::Term::new().render_svg(&(prompt.to_owned() + &text));
    let svg = COLORS.iter().fold(svg, |svg, (faint, clear)| svg.replace(faint, clear));
    save("terminal.svg", svg.as_bytes())
}

async fn pictures(browser: &Chromium, address: &str) -> Outcome<()> {
    browser.resize(1280, 900, 1.0).await;
    browser.client.goto(address).await?;
    browser.seen("#scenarios input").await;
    shot(browser, "idle.png").await?;

    browser.start_run("mix.yaml", &["naive"]).await;
    browser.seen("article[data-state=running] .big").await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    shot(browser, "running.png").await?;
    browser.seen("article[data-state=done]").await;

    browser.start_run("random-amounts.yaml", &["naive"]).await;
    browser.seen("article[data-outcome=fail][data-state=done]").await;
    let height = browser.value("document.documentElement.scrollHeight").await;
    browser.resize(1280, height.as_u64().unwrap_or(900).min(6000) as u32, 1.0).await;
    shot(browser, "witness.png").await?;
    browser.resize(1280, 900, 1.0).await;

    browser.start_run("deterministic.yaml", &["robust", "naive"]).await;
    browser.seen("article[data-label=robust][data-state=done]").await;
    browser.seen("article[data-label=naive][data-state=done]").await;
    shot(browser, "two-modes.png").await?;

    theme(browser, "dark").await?;
    shot(browser, "dark.png").await?;
    browser.resize(400, 1600, 1.0).await;
    shot(browser, "phone.png").await?;
    let complaints = browser.complaints().await;
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n").into()) }
}

async fn theme(browser: &Chromium, name: &str) -> Outcome<()> {
    browser.seen("#theme").await.select_by_value(name).await?;
    Ok(())
}

/// What the browser shows, when it had time to draw it.
async fn shot(browser: &Chromium, name: &str) -> Outcome<()> {
    browser.value("window.scrollTo(0, 0)").await;
    tokio::time::sleep(Duration::from_millis(800)).await;
    save(name, &browser.client.screenshot().await?)
}

fn save(name: &str, bytes: &[u8]) -> Outcome<()> {
    let path = Path::new(FOLDER).join(name);
    fs::write(&path, bytes)?;
    Ok(())
}

/// `bankrun ui`, until it is dropped.
struct Page {
    child: Child,
    address: String,
}

impl Page {
    fn open() -> Outcome<Self> {
        let mut child = Command::new(PROGRAM)
            .args(["ui", "scenarios", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let address = line.split_whitespace().last().ok_or("no address")?.to_owned();
        Ok(Self { child, address })
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
