//! The forms that a handler can have.

use std::convert::Infallible;

use session_core::adapter::Exchange;
use session_core::{MemoryStore, SessionFactory, SessionOptions};
use session_warp::{Devices, Error, FromExchange, Session, SessionFilter as _, UnloadedSession};
use warp::http::StatusCode;
use warp::reject::{Rejection, not_found};
use warp::reply::{Reply, Response};
use warp::{Filter, any, path};

fn sessions() -> SessionFactory {
    let options = SessionOptions::new("a secret of more than thirty-two bytes");
    SessionFactory::new(options, MemoryStore::new()).unwrap()
}

async fn answer<F>(route: &F, path: &str) -> (u16, String)
where
    F: Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static,
{
    let response = warp::test::request().path(path).reply(route).await;
    (response.status().as_u16(), String::from_utf8(response.body().to_vec()).unwrap())
}

#[tokio::test]
async fn a_handler_returns_any_reply() {
    let sessions = sessions();
    async fn reply(_: Session) -> impl Reply {
        warp::reply::with_status("made", StatusCode::CREATED)
    }
    async fn text(_: Session) -> &'static str {
        "text"
    }
    async fn good_or_bad(session: Session) -> Result<String, Error> {
        session.insert("a", 1)?;
        Ok(session.get::<String>("a")?.unwrap_or_default())
    }
    async fn never(_: Session) -> Result<StatusCode, Infallible> {
        Ok(StatusCode::ACCEPTED)
    }
    async fn two_replies(_: Session) -> Result<&'static str, StatusCode> {
        Err(StatusCode::IM_A_TEAPOT)
    }
    async fn rejects(_: Session) -> Result<&'static str, Rejection> {
        Err(not_found())
    }
    let (at, status) = (|name| path(name), |status: u16| (status, String::new()));
    assert_eq!(answer(&at("a").session(&sessions, reply), "/a").await, (201, "made".to_owned()));
    assert_eq!(answer(&at("a").session(&sessions, text), "/a").await, (200, "text".to_owned()));
    assert_eq!(answer(&at("a").session(&sessions, good_or_bad), "/a").await, status(500));
    assert_eq!(answer(&at("a").session(&sessions, never), "/a").await, status(202));
    assert_eq!(answer(&at("a").session(&sessions, two_replies), "/a").await, status(418));
    assert_eq!(answer(&at("a").session(&sessions, rejects), "/a").await, status(404));
}

#[tokio::test]
async fn a_handler_takes_the_session_first_and_then_the_extracted_values() {
    async fn all(
        session: Session,
        path: String,
        number: u32,
        query: String,
        greeting: Option<String>,
    ) -> Result<String, Error> {
        session.insert("path", &path)?;
        Ok(format!("{path} {number} {query} {greeting:?}"))
    }
    let route = path!("at" / String / u32)
        .and(warp::query::raw())
        .and(warp::header::optional("x-greeting"))
        .session(&sessions(), all);
    assert_eq!(answer(&route, "/at/tea/7?q").await, (200, "tea 7 q None".to_owned()));
    assert_eq!(answer(&route, "/at/tea/seven?q").await.0, 404);
}

#[tokio::test]
async fn a_handler_takes_up_to_twelve_extracted_values() {
    let one = || any().map(|| 1_u32);
    let three = move || one().and(one()).and(one());
    let twelve = three().and(three()).and(three()).and(three());
    #[rustfmt::skip]
    let sum = async |_: Session, a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32, i: u32, j: u32, k: u32, l: u32| {
        (a + b + c + d + e + f + g + h + i + j + k + l).to_string()
    };
    assert_eq!(answer(&twelve.session(&sessions(), sum), "/").await, (200, "12".to_owned()));
}

#[tokio::test]
async fn the_filter_before_a_handler_may_match_every_request() {
    let route = any().session(&sessions(), async |session: Session| session.len().to_string());
    assert_eq!(answer(&route, "/anywhere").await, (200, "0".to_owned()));
}

#[tokio::test]
async fn a_handler_may_be_a_closure_with_captured_values() {
    let greeting = "good morning".to_owned();
    let greet = move |session: Session, name: String| {
        let text = format!("{greeting}, {name}");
        async move { session.insert("name", name).map(|()| text).map_err(Error) }
    };
    let route = path!(String).session(&sessions(), greet);
    assert_eq!(answer(&route, "/Ada").await, (200, "good morning, Ada".to_owned()));
}

/// A type that the application defines.
struct Greeting(String);

impl FromExchange for Greeting {
    async fn from_exchange(exchange: &Exchange) -> Result<Self, Error> {
        let name = Session::from_exchange(exchange).await?.get::<String>("name")?;
        Ok(Self(format!("hello, {}", name.as_deref().unwrap_or("stranger"))))
    }
}

#[tokio::test]
async fn a_handler_takes_any_type_that_implements_from_exchange() {
    type Loaded = Result<Session, Error>;
    let two = async |(greeting, _): (Greeting, UnloadedSession)| greeting.0;
    let three = async |(_, session, _): (Devices, Loaded, Greeting)| session.unwrap().len().to_string();
    assert_eq!(answer(&any().session(&sessions(), two), "/").await, (200, "hello, stranger".to_owned()));
    assert_eq!(answer(&any().session(&sessions(), three), "/").await, (200, "0".to_owned()));
}
