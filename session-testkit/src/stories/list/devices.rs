//! "Your devices": the sessions of one owner, seen and ended from any of them.

use session_core::UnloadedSession;

use crate::stories::{Args, Browser, Everything, Framework, Handled, Setup, Site};

async fn device(site: &Site, user: &str, label: &str) -> Browser {
    let browser = site.user(user).await;
    browser.text(&format!("/label/{label}")).await;
    browser
}

/// The lines of the list as handle, label and mark.
async fn list(browser: &Browser) -> Vec<(String, String, String)> {
    let text = browser.text("/devices").await;
    let line = |line: &str| {
        let mut words = line.split(' ').map(str::to_owned);
        let mut word = || words.next().expect("a line has three words");
        (word(), word(), word())
    };
    text.lines().map(line).collect()
}

async fn handle_of(browser: &Browser, label: &str) -> String {
    let found = list(browser).await.into_iter().find(|(_, found, _)| found == label);
    found.expect("the device is in the list").0
}

pub(super) async fn the_list_has_all_sessions_of_the_owner_with_the_current_one_marked_and_no_others(
    on: &dyn Framework,
) {
    let site = Site::stock(on).await;
    let (laptop, phone) = (device(&site, "ada", "laptop").await, device(&site, "ada", "phone").await);
    device(&site, "bob", "tablet").await;
    site.visitor("name", "nobody").await;
    for (browser, current) in [(&laptop, "laptop"), (&phone, "phone")] {
        let mut labels: Vec<_> =
            list(browser).await.into_iter().map(|(_, label, mark)| (label, mark)).collect();
        labels.sort();
        let mark = |label| if label == current { "current" } else { "other" };
        assert_eq!(labels, ["laptop", "phone"].map(|label| (label.to_owned(), mark(label).to_owned())));
    }
}

pub(super) async fn the_device_used_last_comes_first(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let (laptop, phone) = (device(&site, "ada", "laptop").await, device(&site, "ada", "phone").await);
    site.wait_secs(10);
    laptop.text("/count").await;
    assert_eq!(list(&phone).await[0].1, "laptop");
    site.wait_secs(10);
    phone.text("/count").await;
    assert_eq!(list(&phone).await[0].1, "phone");
}

pub(super) async fn a_session_that_ended_or_timed_out_is_not_in_the_list(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let (laptop, phone) = (device(&site, "ada", "laptop").await, device(&site, "ada", "phone").await);
    device(&site, "ada", "forgotten").await;
    phone.text("/log_out").await;
    assert_eq!(list(&laptop).await.len(), 2);
    site.wait_secs(1000);
    laptop.text("/read").await;
    site.wait_secs(1000);
    assert_eq!(list(&laptop).await.len(), 1);
}

pub(super) async fn a_renewal_keeps_the_session_in_the_list_once(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let (laptop, phone) = (device(&site, "ada", "laptop").await, device(&site, "ada", "phone").await);
    laptop.text("/renew").await;
    assert_eq!(list(&phone).await.len(), 2);
    assert_eq!(list(&laptop).await.iter().filter(|(.., mark)| mark == "current").count(), 1);
}

pub(super) async fn a_revoked_device_is_signed_out_and_no_other(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let (laptop, phone) = (device(&site, "ada", "laptop").await, device(&site, "ada", "phone").await);
    let handle = handle_of(&laptop, "phone").await;
    assert_eq!(laptop.text(&format!("/revoke/{handle}")).await, "true");
    assert_eq!(phone.text("/whoami").await, "nobody");
    assert_eq!(laptop.text("/whoami").await, "ada");
    assert_eq!(laptop.text(&format!("/revoke/{handle}")).await, "false", "it is gone already");
    assert_eq!(site.rows(), 1);
}

pub(super) async fn the_handle_of_anothers_device_ends_nothing(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let (ada, bob) = (device(&site, "ada", "laptop").await, device(&site, "bob", "tablet").await);
    let handle = handle_of(&ada, "laptop").await;
    for browser in [bob, site.visitor("name", "nobody").await, site.browser()] {
        assert_eq!(browser.text(&format!("/revoke/{handle}")).await, "false");
    }
    assert_eq!(ada.text("/whoami").await, "ada");
}

pub(super) async fn revoking_the_others_leaves_this_one_and_other_owners_alone(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let laptop = device(&site, "ada", "laptop").await;
    let (phone, watch) = (device(&site, "ada", "phone").await, device(&site, "ada", "watch").await);
    let bob = device(&site, "bob", "tablet").await;
    assert_eq!(laptop.text("/revoke_others").await, "2");
    for (browser, owner) in [(&laptop, "ada"), (&phone, "nobody"), (&watch, "nobody"), (&bob, "bob")] {
        assert_eq!(browser.text("/whoami").await, owner);
    }
    assert_eq!(laptop.text("/revoke_others").await, "0");
    assert_eq!(site.rows(), 2);
}

pub(super) async fn revoking_the_current_device_signs_out_and_removes_the_cookie(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let (laptop, phone) = (device(&site, "ada", "laptop").await, device(&site, "ada", "phone").await);
    let (handle, cookie) = (handle_of(&laptop, "laptop").await, laptop.cookie());
    let answer = laptop.get(&format!("/revoke/{handle}")).await;
    assert!(answer.body == "true" && answer.removes_cookie(), "{answer:?}");
    assert_eq!(site.get("/whoami", cookie.as_deref()).await.body, "nobody");
    assert_eq!(phone.text("/whoami").await, "ada");
}

pub(super) async fn a_changed_password_signs_out_everywhere_else_in_the_request_that_changes_it(
    on: &dyn Framework,
) {
    async fn change(all: Everything, _: Args) -> Handled<String> {
        all.session.sign_in("ada")?;
        Ok(all.devices.revoke_others().await?.to_string())
    }
    let site = Setup::new().everything("change", change).open(on).await;
    let (laptop, phone) = (device(&site, "ada", "laptop").await, device(&site, "ada", "phone").await);
    assert_eq!(laptop.text("/change").await, "1");
    assert_eq!(laptop.text("/whoami").await, "ada");
    assert_eq!(phone.text("/whoami").await, "nobody");
    assert_eq!(list(&laptop).await.len(), 1);
}

pub(super) async fn revoking_the_others_beside_a_renewal_of_this_one_leaves_this_one_alone(
    on: &dyn Framework,
) {
    let site = Site::stock(on).await;
    let laptop = device(&site, "ada", "laptop").await;
    let slow = laptop.start("/slow/revoke_others");
    site.slow.arrived().await;
    laptop.text("/renew").await;
    site.slow.open();
    assert_eq!(slow.await.body, "0");
    assert_eq!(laptop.text("/whoami").await, "ada");
}

pub(super) async fn nobody_has_no_devices(on: &dyn Framework) {
    let site = Site::stock(on).await;
    assert_eq!(site.browser().text("/devices").await, "");
    let visitor = site.visitor("name", "Ada").await;
    assert_eq!(visitor.text("/devices").await, "");
    assert_eq!(visitor.text("/revoke_others").await, "0");
    assert_eq!(visitor.text("/get/name").await, r#""Ada""#);
}

pub(super) async fn nothing_that_a_page_shows_of_a_device_or_prints_of_a_handle_is_an_id_or_a_key(
    on: &dyn Framework,
) {
    async fn print(all: Everything, _: Args) -> Handled<String> {
        let (session, devices) = (all.session, all.devices);
        let list = devices.list(100).await?;
        let shown: Vec<_> = list.iter().map(|device| device.handle.to_string()).collect();
        Ok(format!("{session:?} {session:#?} {devices:?} {devices:#?} {list:?} {list:#?} {shown:?}"))
    }
    async fn print_unloaded(session: UnloadedSession, _: Args) -> Handled<String> {
        Ok(format!("{session:?} {session:#?}"))
    }
    let setup = Setup::new().everything("print", print).unloaded("print_unloaded", print_unloaded);
    let site = setup.open(on).await;
    let laptop = site.user("ada@example.org").await;
    laptop.text("/set/card/4111-1111-1111-1111").await;
    let text = laptop.text("/print").await + &laptop.text("/print_unloaded").await;
    assert!(text.contains("DeviceHandle"));
    assert_eq!(site.secrets().find_in(&text), None, "{text}");
    let printed = format!("{:?} {:#?} {:?}", site.factory, site.factory, site.factory.store());
    assert_eq!(site.secrets().find_in(&printed), None, "{printed}");
}
