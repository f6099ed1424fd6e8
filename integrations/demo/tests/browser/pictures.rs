//! Screenshots of every page: in light and dark colours, on a desktop and on a phone.

use std::fs;

use serde_json::json;
use session_sql::sqlx::{self, Connection as _, SqliteConnection};

use crate::browser::Browser;
use crate::stage::{SQLITE, Stage, target};

const SCHEMES: [&str; 2] = ["light", "dark"];
/// The screens, each with the width and the minimum height of its window.
const SCREENS: [(&str, u32, u32); 2] = [("desk", 1100, 720), ("phone", 390, 760)];
const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
const CHROME: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36";

#[tokio::test]
#[ignore = "takes screenshots: cargo xtask browser --pictures"]
async fn pictures_of_every_page() {
    let stage = Stage::new("axum", SQLITE).await;
    let browser = stage.browser_called(Some(CHROME)).await;
    let take = async |name: &str| pictures(&browser, name).await;
    browser.open("/").await;
    take("home-new").await;
    browser.open("/sign-in").await;
    take("sign-in").await;
    browser.sign_in("Ada Lovelace").await;
    browser.open("/visits").await;
    browser.open("/visits").await;
    take("visits").await;
    browser.open("/cart").await;
    for item in ["Green tea", "Green tea", "Stoneware cup"] {
        browser.press(&format!("Add one {item}")).await;
    }
    take("cart").await;
    browser.open("/").await;
    take("home-signed-in").await;
    browser.open("/session").await;
    take("session").await;
    let other = stage.browser_called(Some(FIREFOX)).await;
    other.sign_in("Ada Lovelace").await;
    pictures(&other, "signed-in-just-now").await;
    browser.open("/devices").await;
    take("devices").await;
    browser.open("/cart").await;
    browser.script("document.querySelector('[name=csrf]').value = ''").await;
    browser.press("Remove one Stoneware cup").await;
    take("refused").await;
    browser.open("/no-such-page").await;
    take("no-such-page").await;
    browser.open("/").await;
    browser.press("Sign out").await;
    take("signed-out").await;
    drop_table(&stage).await;
    other.reload().await;
    pictures(&other, "outage").await;
}

/// Takes a screenshot for each colour scheme and screen.
async fn pictures(browser: &Browser, name: &str) {
    for scheme in SCHEMES {
        let scheme_is = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        browser.devtools("Emulation.setEmulatedMedia", json!({ "features": scheme_is })).await;
        for (screen, width, least) in SCREENS {
            size(browser, width, least).await;
            let height = browser.script("return document.documentElement.scrollHeight").await;
            let height = u32::try_from(height.as_u64().unwrap()).unwrap();
            size(browser, width, height.max(least)).await;
            let wider = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
            assert_eq!(browser.script(wider).await, false, "{name} is wider than the {screen}");
            let picture = browser.client().screenshot().await.unwrap();
            fs::write(target("screenshots").join(format!("{name}-{screen}-{scheme}.png")), picture).unwrap();
        }
    }
    browser.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
}

async fn size(browser: &Browser, width: u32, height: u32) {
    let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    browser.devtools("Emulation.setDeviceMetricsOverride", size).await;
}

async fn drop_table(stage: &Stage) {
    let file = stage.folder.path().join("sessions.db");
    let mut database = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    sqlx::query("drop table cwsession").execute(&mut database).await.unwrap();
}
