//! What a visitor does in a browser: go somewhere, press a button, look at the page.

use std::cell::Cell;
use std::time::{Duration, Instant};

use fantoccini::cookies::Cookie;
use fantoccini::wd::WindowHandle;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::chromium::Chromium;
use crate::devtools::Devtools;

/// How long a page may take to show what is expected of it.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked at meanwhile.
const PAUSE: Duration = Duration::from_millis(10);

/// The text of the page, as far as it is visible.
const TEXT: &str = "return document.body ? document.body.innerText : ''";

/// A browser with a profile of its own, at one of its tabs.
#[derive(Debug)]
pub(crate) struct Browser {
    chromium: Chromium,
    /// The site's address, before the path.
    site: String,
    /// How many pages were left: each is marked by its number, to be known from the one after it.
    left: Cell<u32>,
}

impl Browser {
    pub(crate) async fn start(site: &str, agent: Option<&str>) -> Self {
        Self { chromium: Chromium::start(agent).await, site: site.to_owned(), left: Cell::new(0) }
    }

    /// The client beneath, for what few stories need.
    pub(crate) const fn client(&self) -> &Client {
        &self.chromium.client
    }

    /// Goes to a page of the site.
    pub(crate) async fn open(&self, path: &str) {
        self.open_address(&format!("{}{path}", self.site)).await;
    }

    /// Goes to any page.
    pub(crate) async fn open_address(&self, address: &str) {
        self.client().goto(address).await.unwrap();
    }

    /// Presses the button that is called so, and waits for the page that comes of it.
    pub(crate) async fn press(&self, button: &str) {
        self.click(Locator::XPath(&format!("//button[normalize-space()='{button}']"))).await;
    }

    /// Follows the first link to the address, and waits for the page.
    pub(crate) async fn follow(&self, address: &str) {
        self.click(Locator::Css(&format!("a[href='{address}']"))).await;
    }

    /// The same for the link that is called so.
    pub(crate) async fn follow_called(&self, text: &str) {
        self.click(Locator::LinkText(text)).await;
    }

    /// Presses the browser's own button, and waits for the page.
    pub(crate) async fn go_back(&self) {
        self.leave(async || self.client().back().await.unwrap()).await;
    }

    /// The same with the forward button.
    pub(crate) async fn go_forward(&self) {
        self.leave(async || self.client().forward().await.unwrap()).await;
    }

    /// Loads the page anew.
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

    /// Signs in by this name.
    pub(crate) async fn sign_in(&self, name: &str) {
        self.open("/sign-in").await;
        self.fill("name", name).await;
        self.press("Sign in").await;
        self.sees(&format!("Hello, {name}")).await;
    }

    /// Waits until the page shows the text.
    pub(crate) async fn sees(&self, text: &str) {
        until(&format!("the page says {text:?}"), async || {
            // Between two pages there is none that could run a script.
            let found = self.client().execute(TEXT, Vec::new()).await.unwrap_or_default();
            found.as_str().is_some_and(|found| found.contains(text))
        })
        .await;
    }

    /// Whether the page shows the text now.
    pub(crate) async fn says(&self, text: &str) -> bool {
        self.text().await.contains(text)
    }

    /// The page's text, as far as it is visible.
    pub(crate) async fn text(&self) -> String {
        self.script(TEXT).await.as_str().unwrap_or_default().to_owned()
    }

    /// What stands in the element with this id.
    pub(crate) async fn text_of(&self, id: &str) -> String {
        self.client().find(Locator::Id(id)).await.unwrap().text().await.unwrap()
    }

    /// How many elements of the page match.
    pub(crate) async fn count(&self, css: &str) -> usize {
        self.client().find_all(Locator::Css(css)).await.unwrap().len()
    }

    /// The path of the page.
    pub(crate) async fn path(&self) -> String {
        self.client().current_url().await.unwrap().path().to_owned()
    }

    /// The value of the hidden field with this name in the page's first form that has one.
    pub(crate) async fn hidden(&self, name: &str) -> String {
        let field = format!("input[type='hidden'][name='{name}']");
        let field = self.client().find(Locator::Css(&field)).await.unwrap();
        field.attr("value").await.unwrap().unwrap()
    }

    /// Runs a script in the page; the answer is what it returns.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.client().execute(script, Vec::new()).await.unwrap()
    }

    /// Runs a script in the page that says `done(…)` in the end; the answer is what it says.
    pub(crate) async fn script_until_done(&self, script: &str) -> Value {
        let script = format!("const done = arguments[arguments.length - 1]; {script}");
        self.client().execute_async(&script, Vec::new()).await.unwrap()
    }

    /// The cookies that this page's address has, also those that no script sees.
    pub(crate) async fn cookies(&self) -> Vec<Cookie<'static>> {
        self.client().get_all_cookies().await.unwrap()
    }

    /// The site's one cookie.
    pub(crate) async fn cookie(&self) -> Cookie<'static> {
        let mut cookies = self.cookies().await;
        let cookie = cookies.pop().expect("the site has set a cookie");
        assert_eq!(cookies.len(), 0, "there is one cookie");
        cookie
    }

    /// Puts a cookie of the site's into the place of the one that is there.
    pub(crate) async fn put_back(&self, cookie: Cookie<'static>) {
        self.client().delete_all_cookies().await.unwrap();
        // WebDriver would name a domain, and then the cookie is not the host's alone.
        let parameters = json!({
            "url": self.site, "name": cookie.name(), "value": cookie.value(), "path": "/",
            "secure": true, "httpOnly": true, "sameSite": "Lax",
        });
        self.devtools("Network.setCookie", parameters).await;
        assert_eq!(self.cookie().await.value(), cookie.value());
    }

    /// Has Chromium do what WebDriver has no word for.
    pub(crate) async fn devtools(&self, command: &'static str, parameters: Value) {
        self.client().issue_cmd(Devtools { command, parameters }).await.unwrap();
    }

    /// The tab that is looked at.
    pub(crate) async fn tab(&self) -> WindowHandle {
        self.client().window().await.unwrap()
    }

    /// Opens another tab, and looks at it.
    pub(crate) async fn open_tab(&self) -> WindowHandle {
        let tab = self.client().new_window(true).await.unwrap().handle;
        self.look_at(&tab).await;
        tab
    }

    /// Looks at that tab.
    pub(crate) async fn look_at(&self, tab: &WindowHandle) {
        self.client().switch_to_window(tab.clone()).await.unwrap();
    }

    async fn click(&self, what: Locator<'_>) {
        let element = self.client().find(what).await.unwrap();
        self.leave(async || element.click().await.unwrap()).await;
    }

    /// Does what leads to another page, and waits until that one is there: without this, a look might still be at the old one.
    async fn leave(&self, act: impl AsyncFnOnce()) {
        let mark = self.left.get();
        self.left.set(mark + 1);
        self.script(&format!("window.left = {mark}")).await;
        act().await;
        let arrived = format!("return document.readyState === 'complete' && window.left !== {mark}");
        until("another page is there", async || {
            self.client().execute(&arrived, Vec::new()).await.is_ok_and(|arrived| arrived == true)
        })
        .await;
    }
}

/// Waits until the condition holds; whoever waits too long fails and says for what.
pub(crate) async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        sleep(PAUSE).await;
    }
}
