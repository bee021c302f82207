//! The dashboard in a real browser: the widgets live, lose their connections and their server, and miss nothing.

// Tests may panic; clippy's allowance ends at functions that are not tests themselves.
#![allow(clippy::expect_used, clippy::panic)]

mod demo;
mod driver;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::demo::Demo;
use crate::driver::Browser;

/// Records every event of every widget in `seen`, by the widget's name: independent of what the widgets count.
const RECORD: &str = "
    window.seen = {};
    document.addEventListener('sse-event', ({ target, detail }) => {
        (seen[target.dataset.sseWidget] ??= []).push(detail);
    });
    window.widget = (name) => document.querySelector(`[data-sse-widget=${name}]`);
    window.press = (name, act) => widget(name).querySelector(`[data-act=${act}]`).click();";

/// The ids that the widget `name` saw, each followed by the next one: digits, and what stands before them.
async fn ids(browser: &Browser, name: &str) -> Vec<u64> {
    let ids = browser.run(&format!("return seen['{name}'].map((event) => event.id)")).await;
    let ids = ids.as_array().expect("a list").iter();
    ids.map(|id| id.as_str().and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("not a number: {id}"))).collect()
}

/// Fails unless each id is the one before it plus one, so that none is lost and none doubled.
fn assert_consecutive(ids: &[u64]) {
    let jumps: BTreeMap<usize, &[u64]> =
        ids.windows(2).enumerate().filter(|(_, pair)| pair[1] != pair[0] + 1).collect();
    assert!(jumps.is_empty(), "events lost or doubled, by place: {jumps:?}");
}

async fn assert_no_complaints(browser: &Browser) {
    let complaints = browser.complaints().await;
    assert!(complaints.is_empty(), "the console says {complaints:#?}");
}

#[tokio::test]
async fn nothing_is_lost_when_a_connection_drops_or_the_server_is_killed() {
    let Some(browser) = Browser::start().await else { return };
    let mut demo = Demo::start(&[]);
    browser.open(&demo.url).await;
    browser.run(RECORD).await;
    browser.until("['date', 'load', 'tokens'].every((name) => widget(name)?.dataset.state === 'open')").await;
    browser.until("seen.date?.length >= 3 && seen.load?.length >= 3 && seen.tokens?.length >= 3").await;

    // The server ends two connections; the third goes on.
    browser.run("press('date', 'drop'); press('tokens', 'drop')").await;
    browser.until("['date', 'tokens'].every((name) => widget(name).dataset.state === 'connecting')").await;
    browser.until("['date', 'tokens'].every((name) => widget(name).dataset.reconnects === '1')").await;
    browser.until("['date', 'tokens'].every((name) => widget(name).dataset.state === 'open')").await;
    assert_eq!(browser.run("return widget('load').dataset.reconnects").await, "0");

    // The server dies without a word, and is away for some ticks.
    let ticks = browser.run("return seen.date.length").await;
    demo.kill();
    browser.until("['date', 'load', 'tokens'].every((name) => widget(name).dataset.state === 'connecting')").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    demo.restart();
    browser.until("['date', 'tokens'].every((name) => widget(name).dataset.reconnects === '2')").await;
    browser.until(&format!("seen.date.length >= {ticks} + 10 && widget('load').dataset.gaps === '1'")).await;
    browser.until("['date', 'load', 'tokens'].every((name) => widget(name).dataset.state === 'open')").await;

    let (dates, tokens) = (ids(&browser, "date").await, ids(&browser, "tokens").await);
    assert_consecutive(&dates);
    assert_consecutive(&tokens);
    // What the widgets say of it themselves.
    for name in ["date", "tokens"] {
        let counts =
            format!("const {{ lost, doubled, gaps }} = widget('{name}').dataset; return [lost, doubled, gaps]");
        assert_eq!(browser.run(&counts).await, serde_json::json!(["0", "0", "0"]), "{name}");
    }
    // The load of a process that is gone went with it, and the server said so.
    assert_eq!(browser.run("return widget('load').dataset.lost").await, "0");
    let note = browser.run("return widget('load').querySelector('.sse-note').textContent").await;
    assert!(note.as_str().is_some_and(|note| note.starts_with("Gap")), "{note}");

    assert_no_complaints(&browser).await;
    browser.close().await;
}

#[tokio::test]
async fn a_line_of_html_is_a_widget_whatever_its_origin() {
    let Some(browser) = Browser::start().await else { return };
    let (demo, other) = (Demo::start(&[]), Demo::start(&[]));
    browser.open(&demo.url).await;
    browser.run(RECORD).await;
    let lines = format!(
        "document.querySelector('main').insertAdjacentHTML('beforeend', `<div data-sse-widget=\"raw\" data-sse-view=\"events\"
            data-sse-src=\"stream/tokens\"></div><div data-sse-widget=\"abroad\" data-sse-src=\"{}stream/date\"></div>`)",
        other.url
    );
    browser.run(&lines).await;

    // The data of a stream that nobody knows by name choose the clock; the raw one shows type, id and data.
    browser.until("widget('abroad')?.querySelector('.clock')").await;
    browser.until("widget('abroad').dataset.events >= 2 && widget('raw').dataset.events >= 5").await;
    let row =
        browser.run("return [...widget('raw').querySelector('.events li').children].map((e) => e.textContent)").await;
    let known = browser.run("return seen.raw.map(({ type, id, data }) => [type, id, data])").await;
    assert!(known.as_array().expect("a list").contains(&row), "{row} is none of {known}");

    // It resumes from the other origin, too: the browser may send it the last event ID.
    browser.run("press('abroad', 'drop')").await;
    browser.until("widget('abroad').dataset.reconnects === '1' && widget('abroad').dataset.state === 'open'").await;
    browser.until("Number(widget('abroad').dataset.events) >= 12").await;
    assert_consecutive(&ids(&browser, "abroad").await);

    // One that cannot be is closed, says why, and harms no other.
    let bad = "const bad = document.createElement('div');
        Object.assign(bad.dataset, { sseWidget: 'bad', sseSrc: 'http://[' });
        document.querySelector('main').append(bad)";
    browser.run(bad).await;
    browser.until("widget('bad').dataset.state === 'closed' && widget('bad').textContent.startsWith('No such')").await;

    // A widget that leaves the page closes its connection: there is none left to drop.
    browser.run("widget('abroad').remove()").await;
    let dropped = format!(
        "(window.left ??= {{}}).dropped === 0 || (fetch('{}drop', {{ method: 'POST' }})
            .then((answer) => answer.json()).then((json) => {{ left = json; }}), false)",
        other.url
    );
    browser.until(&dropped).await;

    assert_no_complaints(&browser).await;
    browser.close().await;
}

#[tokio::test]
async fn a_widget_that_the_server_refuses_says_so_and_can_be_reopened() {
    let Some(browser) = Browser::start().await else { return };
    let demo = Demo::start(&["--max-connections", "2"]);
    browser.open(&demo.url).await;
    browser.run(RECORD).await;

    // Three widgets, two places: one gets the answer 503, after which an EventSource never tries again.
    browser.until("document.querySelectorAll('[data-state=open]').length === 2").await;
    browser.until("document.querySelectorAll('[data-state=closed]').length === 1").await;
    let refused = browser.run("return document.querySelector('[data-state=closed]').dataset.sseWidget").await;
    let refused = refused.as_str().expect("a name");
    let text = browser.run(&format!("return widget('{refused}').innerText")).await;
    let text = text.as_str().expect("text");
    assert!(text.contains("Closed") && text.contains("gave up") && text.contains("Reopen"), "{text}");

    browser.run("press(document.querySelector('[data-state=open]').dataset.sseWidget, 'toggle')").await;
    browser.until("document.querySelectorAll('[data-state=closed]').length === 2").await;
    // The server learns that a connection is gone a moment after the browser closed it.
    let retry = format!(
        "widget('{refused}').dataset.state === 'open'
            || (widget('{refused}').dataset.state === 'closed' && press('{refused}', 'toggle'), false)"
    );
    browser.until(&retry).await;
    browser.until(&format!("widget('{refused}').dataset.events > 0")).await;

    assert_no_complaints(&browser).await;
    browser.close().await;
}

#[tokio::test]
async fn the_page_fits_a_phone_and_does_not_move() {
    let Some(browser) = Browser::start().await else { return };
    let demo = Demo::start(&[]);
    for (width, height) in [(1440, 900), (768, 1024), (390, 844), (320, 568)] {
        browser.screen(width, height, 1.0, "light").await;
        browser.open(&demo.url).await;
        browser.run(RECORD).await;
        let places = "return [...document.querySelectorAll('main > *')].map((e) => e.getBoundingClientRect().top)";
        let before = browser.run(places).await;
        browser.until("seen.date?.length >= 2 && seen.load?.length >= 2 && seen.tokens?.length >= 5").await;
        assert_eq!(browser.run(places).await, before, "the cards moved at {width} pixels");
        let overflow = browser.run("return document.documentElement.scrollWidth - window.innerWidth").await;
        assert_eq!(overflow, 0, "wider than the screen at {width} pixels");
    }
    browser.close().await;
}

/// Takes the pictures of the README. It needs a good minute, to have something to show.
#[tokio::test]
#[ignore = "writes docs/dashboard.png and docs/dashboard-dark.png"]
async fn screenshots() {
    let Some(browser) = Browser::start().await else { return };
    let demo = Demo::listen("127.0.0.1:8080", &[]);
    browser.screen(1440, 900, 1.25, "light").await;
    browser.open(&demo.url).await;
    browser.run(RECORD).await;
    browser.until("widget('date')?.dataset.events >= 32").await;
    browser.run("press('date', 'drop'); press('tokens', 'drop')").await;
    browser.until("widget('date').dataset.events >= 60").await;
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
    std::fs::create_dir_all(docs).expect("docs can be made");
    for (colours, name) in [("light", "dashboard.png"), ("dark", "dashboard-dark.png")] {
        browser.screen(1440, 900, 1.25, colours).await;
        tokio::time::sleep(Duration::from_millis(500)).await; // the lines are drawn ten times a second
        browser.until("widget('tokens').querySelectorAll('.writing span').length > 40").await;
        std::fs::write(format!("{docs}/{name}"), browser.screenshot().await).expect("docs can be written");
    }
    browser.close().await;
}
