//! The actions of a visitor in a browser, such as opening a page or pressing a button.

use std::cell::Cell;
use std::time::{Duration, Instant};

use fantoccini::cookies::Cookie;
use fantoccini::wd::WindowHandle;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::chromium::Chromium;
use crate::devtools::Devtools;

/// The longest wait for a page to show what a test expects.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause between two looks at the page.
const PAUSE: Duration = Duration::from_millis(10);

/// A script that returns the visible text of the page.
const TEXT: &str = "return document.body ? document.body.innerText : ''";

/// A browser with its own profile, with one of its tabs in front.
#[derive(Debug)]
pub(crate) struct Browser {
    chromium: Chromium,
    /// The address of the site without a path.
    site: String,
    /// The number of pages that were left. Each page is marked with its number, to tell it from the next
    /// page.
    left: Cell<u32>,
}

impl Browser {
    /// Starts a browser, with `agent` as its User-Agent header if that is given.
    pub(crate) async fn start(site: &str, agent: Option<&str>) -> Self {
        let agent = agent.map(|agent| format!("--user-agent={agent}"));
        Self { chromium: Chromium::start(agent).await, site: site.to_owned(), left: Cell::new(0) }
    }

    /// Returns the WebDriver client, for actions that only few stories need.
    pub(crate) const fn client(&self) -> &Client {
        &self.chromium.client
    }

    /// Opens a page of the site.
    pub(crate) async fn open(&self, path: &str) {
        self.open_address(&format!("{}{path}", self.site)).await;
    }

    /// Opens a page at any address.
    pub(crate) async fn open_address(&self, address: &str) {
        self.client().goto(address).await.unwrap();
    }

    /// Presses the button with this text, and waits for the next page.
    pub(crate) async fn press(&self, button: &str) {
        self.click(Locator::XPath(&format!("//button[normalize-space()='{button}']"))).await;
    }

    /// Follows the first link to this address, and waits for the page.
    pub(crate) async fn follow(&self, address: &str) {
        self.click(Locator::Css(&format!("a[href='{address}']"))).await;
    }

    /// Follows the link with this text, and waits for the page.
    pub(crate) async fn follow_called(&self, text: &str) {
        self.click(Locator::LinkText(text)).await;
    }

    /// Presses the Back button of the browser, and waits for the page.
    pub(crate) async fn go_back(&self) {
        self.leave(async || self.client().back().await.unwrap()).await;
    }

    /// Presses the Forward button of the browser, and waits for the page.
    pub(crate) async fn go_forward(&self) {
        self.leave(async || self.client().forward().await.unwrap()).await;
    }

    /// Reloads the page.
    pub(crate) async fn reload(&self) {
        self.leave(async || self.client().refresh().await.unwrap()).await;
    }

    /// Types into the field with this id.
    pub(crate) async fn fill(&self, id: &str, text: &str) {
        self.client().find(Locator::Id(id)).await.unwrap().send_keys(text).await.unwrap();
    }

    /// Ticks the box with this name.
    pub(crate) async fn tick(&self, name: &str) {
        let box_ = Locator::Css(&format!("input[name='{name}']"));
        self.client().find(box_).await.unwrap().click().await.unwrap();
    }

    /// Signs in under this name.
    pub(crate) async fn sign_in(&self, name: &str) {
        self.open("/sign-in").await;
        self.fill("name", name).await;
        self.press("Sign in").await;
        self.sees(&format!("Hello, {name}")).await;
    }

    /// Waits until the page shows the text.
    pub(crate) async fn sees(&self, text: &str) {
        until(&format!("the page shows {text:?}"), async || {
            // The script fails between two pages, when there is no page that could run it.
            let found = self.client().execute(TEXT, Vec::new()).await.unwrap_or_default();
            found.as_str().is_some_and(|found| found.contains(text))
        })
        .await;
    }

    /// Tells whether the page shows the text now.
    pub(crate) async fn says(&self, text: &str) -> bool {
        self.text().await.contains(text)
    }

    /// Returns the visible text of the page.
    pub(crate) async fn text(&self) -> String {
        self.script(TEXT).await.as_str().unwrap_or_default().to_owned()
    }

    /// Returns the text of the element with this id.
    pub(crate) async fn text_of(&self, id: &str) -> String {
        self.client().find(Locator::Id(id)).await.unwrap().text().await.unwrap()
    }

    /// Returns the number of elements that match the selector.
    pub(crate) async fn count(&self, css: &str) -> usize {
        self.client().find_all(Locator::Css(css)).await.unwrap().len()
    }

    /// Returns the path of the page.
    pub(crate) async fn path(&self) -> String {
        self.client().current_url().await.unwrap().path().to_owned()
    }

    /// Returns the value of the first hidden field with this name.
    pub(crate) async fn hidden(&self, name: &str) -> String {
        let field = format!("input[type='hidden'][name='{name}']");
        let field = self.client().find(Locator::Css(&field)).await.unwrap();
        field.attr("value").await.unwrap().unwrap()
    }

    /// Runs a script in the page, and returns its result.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.client().execute(script, Vec::new()).await.unwrap()
    }

    /// Runs a script in the page that calls `done(…)` at the end, and returns the argument of that call.
    pub(crate) async fn script_until_done(&self, script: &str) -> Value {
        let script = format!("const done = arguments[arguments.length - 1]; {script}");
        self.client().execute_async(&script, Vec::new()).await.unwrap()
    }

    /// Returns the cookies for the address of the page, including those that scripts cannot read.
    pub(crate) async fn cookies(&self) -> Vec<Cookie<'static>> {
        self.client().get_all_cookies().await.unwrap()
    }

    /// Returns the only cookie of the site.
    pub(crate) async fn cookie(&self) -> Cookie<'static> {
        let mut cookies = self.cookies().await;
        let cookie = cookies.pop().expect("the site has set a cookie");
        assert_eq!(cookies.len(), 0, "the site has set more than one cookie");
        cookie
    }

    /// Replaces the cookie of the site with this one.
    pub(crate) async fn put_back(&self, cookie: Cookie<'static>) {
        self.client().delete_all_cookies().await.unwrap();
        // WebDriver would set a domain, and the cookie would no longer be bound to the host.
        let parameters = json!({
            "url": self.site, "name": cookie.name(), "value": cookie.value(), "path": "/",
            "secure": true, "httpOnly": true, "sameSite": "Lax",
        });
        self.devtools("Network.setCookie", parameters).await;
        assert_eq!(self.cookie().await.value(), cookie.value());
    }

    /// Sends Chromium a command that WebDriver does not have.
    pub(crate) async fn devtools(&self, command: &'static str, parameters: Value) {
        self.client().issue_cmd(Devtools { command, parameters }).await.unwrap();
    }

    /// Returns the tab in front.
    pub(crate) async fn tab(&self) -> WindowHandle {
        self.client().window().await.unwrap()
    }

    /// Opens a new tab in front.
    pub(crate) async fn open_tab(&self) -> WindowHandle {
        let tab = self.client().new_window(true).await.unwrap().handle;
        self.look_at(&tab).await;
        tab
    }

    /// Brings a tab to the front.
    pub(crate) async fn look_at(&self, tab: &WindowHandle) {
        self.client().switch_to_window(tab.clone()).await.unwrap();
    }

    async fn click(&self, what: Locator<'_>) {
        let element = self.client().find(what).await.unwrap();
        self.leave(async || element.click().await.unwrap()).await;
    }

    /// Runs an action that leads to another page, and waits for that page. Without the wait, a test could
    /// still see the old page.
    async fn leave(&self, act: impl AsyncFnOnce()) {
        let mark = self.left.get();
        self.left.set(mark + 1);
        self.script(&format!("window.left = {mark}")).await;
        act().await;
        let arrived = format!("return document.readyState === 'complete' && window.left !== {mark}");
        until("the next page is loaded", async || {
            self.client().execute(&arrived, Vec::new()).await.is_ok_and(|arrived| arrived == true)
        })
        .await;
    }
}

/// Waits until the condition holds. Panics with `what` if that takes too long.
pub(crate) async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < PATIENCE, "waited too long until {what}");
        sleep(PAUSE).await;
    }
}
