//! The list of devices, with two browsers that share no cookies.

use std::rc::Rc;

use crate::browser::Browser;
use crate::stage::Stage;

pub(crate) async fn signing_out_all_other_devices_ends_the_session_in_another_browser(stage: Rc<Stage>) {
    let (here, there) = two_browsers(&stage).await;
    here.press("Sign out all other devices").await;
    here.sees("One other device has been signed out.").await;
    assert_eq!(here.count(".devices li").await, 1);
    is_signed_out(&there).await;
    here.open("/").await;
    here.sees("Hello, Ada").await;
}

pub(crate) async fn a_device_can_sign_out_another(stage: Rc<Stage>) {
    let (here, there) = two_browsers(&stage).await;
    here.press("Sign out Firefox on Linux").await;
    here.sees("The device has been signed out.").await;
    assert_eq!(here.count(".devices li").await, 1);
    is_signed_out(&there).await;
}

/// Starts two browsers in which Ada is signed in. The first one shows the list of devices.
async fn two_browsers(stage: &Stage) -> (Rc<Browser>, Rc<Browser>) {
    let here = stage.browser().await;
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let there = stage.browser_called(Some(firefox)).await;
    here.sign_in("Ada").await;
    there.sign_in("Ada").await;
    here.open("/devices").await;
    assert_eq!(here.count(".devices li").await, 2);
    (here, there)
}

async fn is_signed_out(browser: &Browser) {
    browser.sees("Hello, Ada").await;
    browser.reload().await;
    browser.sees("You have no session yet").await;
    assert!(!browser.says("Ada").await);
}
