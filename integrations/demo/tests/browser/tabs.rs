//! Two tabs of one browser at once: nothing of either is lost.

use std::rc::Rc;

use crate::stage::Stage;

/// Visits by each tab.
const VISITS: usize = 40;

pub(crate) async fn visits_in_two_tabs_at_once_all_count(stage: Rc<Stage>) {
    let browser = stage.browser().await;
    browser.open("/visits").await;
    let first = browser.tab().await;
    let second = browser.open_tab().await;
    browser.open("/session").await;
    // Past the browser's cache, which lets only one at a time ask for an address.
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

pub(crate) async fn what_two_tabs_put_into_the_cart_is_both_in_it(stage: Rc<Stage>) {
    let browser = stage.browser().await;
    browser.open("/cart").await;
    let first = browser.tab().await;
    let second = browser.open_tab().await;
    browser.open("/cart").await;
    browser.press("Add one Green tea").await;
    browser.look_at(&first).await;
    browser.sees("Your cart is empty.").await;
    browser.press("Add one Reading lamp").await;
    assert_eq!(browser.text_of("items").await, "2");
    browser.look_at(&second).await;
    browser.reload().await;
    assert_eq!(browser.text_of("items").await, "2");
}
