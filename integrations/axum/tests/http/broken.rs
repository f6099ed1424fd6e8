//! Adapters with one fault each, and the story that detects it.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE, VARY};
use http::{HeaderValue, Method, StatusCode};
use session_axum::{Session, SessionLayer};
use session_testkit::stories::tell_all;

use crate::framework::{Axum, go_on};

/// Makes an axum whose responses are spoilt after the session's layer.
fn answering(spoil: fn(&mut Response)) -> Axum {
    let spoilt = move |request: Request, next: Next| async move {
        let mut response = next.run(request).await;
        spoil(&mut response);
        response
    };
    Axum::layered(move |routes, sessions| routes.layer(sessions).layer(from_fn(spoilt)))
}

/// Makes an axum whose requests are spoilt before the session's layer sees them.
fn asked(spoil: fn(&mut Request)) -> Axum {
    let spoilt = move |mut request: Request, next: Next| async move {
        spoil(&mut request);
        next.run(request).await
    };
    Axum::layered(move |routes, sessions| routes.layer(sessions).layer(from_fn(spoilt)))
}

/// Makes an axum with something between the session's layer and the handlers.
fn between(layered: fn(Router) -> Router) -> Axum {
    Axum::layered(move |routes: Router, sessions: SessionLayer| layered(routes).layer(sessions))
}

/// Asserts that the story fails, and that its report names the story's ID and sentence.
#[track_caller]
fn caught(on: &Axum, id: &str) {
    let report = tell_all(on, id);
    let failure = report.failures().next().unwrap_or_else(|| panic!("{id} holds")).to_string();
    assert_eq!(report.told.len(), 1);
    let sentence = report.told[0].0.sentence();
    assert!(failure.starts_with(&format!("{id} does not hold on axum: {sentence}\n")), "{failure}");
    assert!(failure.contains("why it must: ") && failure.contains("what was found: "), "{failure}");
}

#[test]
fn an_adapter_that_overwrites_vary_is_caught() {
    let on = answering(|response| {
        if response.headers().contains_key(VARY) {
            response.headers_mut().insert(VARY, HeaderValue::from_static("Cookie"));
        }
    });
    caught(&on, "HTTP-HEADERS-004");
}

#[test]
fn an_adapter_that_omits_vary_is_caught() {
    let on = answering(|response| drop(response.headers_mut().remove(VARY)));
    caught(&on, "HTTP-HEADERS-010");
    caught(&on, "HTTP-CACHE-003");
}

#[test]
fn an_adapter_that_lets_shared_caches_store_a_cookie_is_caught() {
    let on = answering(|response| {
        if response.headers().contains_key(SET_COOKIE) {
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
        }
    });
    caught(&on, "HTTP-HEADERS-006");
    caught(&on, "HTTP-CACHE-004");
}

#[test]
fn an_adapter_that_loses_the_cookie_is_caught() {
    let on = answering(|response| drop(response.headers_mut().remove(SET_COOKIE)));
    caught(&on, "HTTP-HEADERS-001");
    caught(&on, "HTTP-FIXATION-001");
}

#[test]
fn an_adapter_that_loses_a_cookie_of_the_application_is_caught() {
    let on = answering(|response| {
        if let Some(last) = response.headers().get_all(SET_COOKIE).iter().next_back().cloned() {
            response.headers_mut().insert(SET_COOKIE, last);
        }
    });
    caught(&on, "HTTP-HEADERS-009");
}

#[test]
fn an_adapter_that_hides_an_outage_is_caught() {
    let on = answering(|response| {
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            *response.status_mut() = StatusCode::OK;
        }
    });
    caught(&on, "HTTP-OUTAGE-001");
    caught(&on, "HTTP-OUTAGE-004");
}

#[test]
fn an_adapter_that_reads_only_the_first_cookie_header_is_caught() {
    let on = asked(|request| {
        if let Some(first) = request.headers().get(COOKIE).cloned() {
            request.headers_mut().insert(COOKIE, first);
        }
    });
    caught(&on, "HTTP-TOSSING-006");
}

#[test]
fn an_adapter_that_ignores_the_cookie_of_a_head_request_is_caught() {
    let on = asked(|request| {
        if request.method() == Method::HEAD {
            request.headers_mut().remove(COOKIE);
        }
    });
    caught(&on, "HTTP-METHODS-001");
}

#[test]
fn an_adapter_that_logs_the_cookie_is_caught() {
    let on = asked(|request| {
        tracing::debug!("a request with {:?}", request.headers().get(COOKIE));
    });
    caught(&on, "HTTP-SECRECY-001");
}

#[test]
fn an_adapter_that_loads_the_session_for_every_request_is_caught() {
    async fn load(_: Session, request: Request, next: Next) -> Response {
        next.run(request).await
    }
    caught(&between(|routes| routes.layer(from_fn(load))), "HTTP-CALLS-001");
}

#[test]
fn an_adapter_that_does_not_see_the_status_is_caught() {
    async fn fine(request: Request, next: Next) -> Response {
        let mut response = next.run(request).await;
        if response.status().is_server_error() {
            *response.status_mut() = StatusCode::OK;
        }
        response
    }
    caught(&between(|routes| routes.layer(from_fn(fine))), "HTTP-ERROR-002");
}

#[test]
fn an_adapter_that_continues_after_a_hang_up_is_caught() {
    let on = Axum::layered(|routes, sessions| routes.layer(sessions).layer(from_fn(go_on)));
    caught(&on, "HTTP-HANGUP-001");
}

#[test]
fn an_adapter_without_its_layer_is_caught() {
    let on = Axum::layered(|routes, _| routes);
    caught(&on, "HTTP-CALLS-002");
}

#[test]
fn an_adapter_that_declares_to_continue_after_a_hang_up_is_not_caught() {
    let report = tell_all(&Axum::plain().going_on(), "HTTP-HANGUP");
    assert!(report.is_good(), "{report}");
}
