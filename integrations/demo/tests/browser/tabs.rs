//! Two tabs of one browser change the session at once, and no change is lost.

use std::rc::Rc;

use crate::stage::Stage;

/// The number of visits by each tab.
const VISITS: usize = 100;
/// The number of items that each tab adds to the cart.
const ADDED: usize = 40;

pub(crate) async fn visits_in_two_tabs_at_once_all_count(stage: Rc<Stage>) {
    let browser = stage.browser().await;
    browser.open("/visits").await;
    let first = browser.tab().await;
    let second = browser.open_tab().await;
    browser.open("/session").await;
    // `no-store` bypasses the browser's cache, which sends only one request for an address at a time.
    let begin = format!(
        "window.visits = Promise.all(Array.from({{ length: {VISITS} }}, \
         () => fetch('/visits', {{ cache: 'no-store' }}).then(answer => answer.status)))"
    );
    for tab in [&first, &second] {
        browser.look_at(tab).await;
        browser.script(&begin).await;
    }
    for tab in [&first, &second] {
        browser.look_at(tab).await;
        let good = "window.visits.then(all => done(all.filter(status => status === 200).length))";
        assert_eq!(browser.script_until_done(good).await, VISITS);
    }
    browser.open("/").await;
    assert_eq!(browser.text_of("visits").await, (1 + 2 * VISITS).to_string());
}

pub(crate) async fn items_added_in_two_tabs_at_once_are_all_in_the_cart(stage: Rc<Stage>) {
    let browser = stage.browser().await;
    browser.open("/cart").await;
    let first = browser.tab().await;
    let second = browser.open_tab().await;
    browser.open("/cart").await;
    let begin = |item: &str| {
        format!(
            "const form = document.querySelector('form:has(input[name=item][value={item}])'); \
             const send = () => fetch(form.action, {{ method: 'POST', body: new URLSearchParams(new FormData(form)) }}); \
             window.added = Promise.all(Array.from({{ length: {ADDED} }}, \
             () => send().then(answer => answer.status)))"
        )
    };
    for (tab, item) in [(&first, "tea"), (&second, "lamp")] {
        browser.look_at(tab).await;
        browser.script(&begin(item)).await;
    }
    for tab in [&first, &second] {
        browser.look_at(tab).await;
        let good = "window.added.then(all => done(all.filter(status => status === 200).length))";
        assert_eq!(browser.script_until_done(good).await, ADDED);
    }
    browser.open("/cart").await;
    assert_eq!(browser.text_of("items").await, (2 * ADDED).to_string());
}
