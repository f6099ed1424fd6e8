//! The exchanges of one request that passes the layers of several factories.

use std::any::{TypeId, type_name};
use std::fmt;
use std::sync::Arc;

use crate::adapter::exchange::Exchange;
use crate::error::Error;
use crate::setup::factory::SessionFactory;
use crate::trace;

/// The name of a factory in a program that has several: a type, which exists for that purpose.
///
/// `Display` shows the path of the type.
///
/// ```
/// use session_core::adapter::Name;
///
/// struct Admin;
///
/// assert!(Name::of::<Admin>().to_string().ends_with("::Admin"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name {
    id: TypeId,
    path: &'static str,
}

impl Name {
    /// Returns the name that the type `N` is.
    #[must_use]
    pub fn of<N: 'static>() -> Self {
        Self { id: TypeId::of::<N>(), path: type_name::<N>() }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({})", self.path)
    }
}

/// The exchanges of one request, for an adapter whose layers (or middleware) can be nested.
///
/// A request that passes the layers of several factories has an exchange of each. A request that passes two
/// layers of one factory, possibly with others between them, has one exchange of it, and so one session and
/// one cookie. Keep this value with the request, and let each layer [`enter`](Exchanges::enter) its factory.
///
/// ```
/// use session_core::adapter::{Exchanges, Name};
/// # use session_core::{Error, MemoryStore, SessionFactory, SessionOptions};
///
/// struct Admin; // the name of the second factory
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sessions = SessionFactory::new(SessionOptions::new("thirty-two bytes of secret, or more"), MemoryStore::new())?;
/// # let mut options = SessionOptions::new("another thirty-two bytes of secret, or more");
/// # options.cookie_name = "admin".to_owned();
/// # let admin_sessions = SessionFactory::new(options, MemoryStore::new())?;
/// let mut exchanges = Exchanges::default(); // on the way in, from the outermost layer to the innermost
/// let site = exchanges.enter(None, &sessions, []).expect("no layer of this factory is further out");
/// let admin = exchanges.enter(Some(Name::of::<Admin>()), &admin_sessions, []).expect("nor of this one");
/// assert!(exchanges.enter(None, &sessions, []).is_none()); // the outermost layer will finish that exchange
///
/// let session = exchanges.get(None).expect("there is a layer without a name").session().await?;
/// session.insert("name", "Ada")?;
///
/// let effects = admin.finish(200).await?; // on the way out
/// assert!(effects.set_cookie.is_none());
/// let effects = site.finish(200).await?;
/// assert!(effects.set_cookie.is_some());
/// # Ok(())
/// # }
/// ```
///
/// If a layer cannot save its session, it replaces the response by an empty one, which must not get a cookie
/// from the layers further out either. These end their exchanges with [`Exchange::reject`] and leave the
/// response as it is.
#[derive(Clone, Debug, Default)]
pub struct Exchanges {
    innermost: Option<Entered>,
}

/// A layer that the request has passed.
#[derive(Clone, Debug)]
struct Entered {
    name: Option<Name>,
    exchange: Exchange,
    outer: Option<Arc<Entered>>,
}

impl Exchanges {
    /// Enters a layer with this factory and this name, `None` if it has no name.
    ///
    /// Begins the factory's exchange and returns it; the layer must finish it. Returns `None` if a layer
    /// further out has begun it. Like [`SessionFactory::begin`], this calls no store.
    ///
    /// If another factory further out has a cookie of the same name, the returned exchange fails with
    /// [`Error::SameCookieName`], also in [`Exchange::finish`], unless the handler ends its session.
    /// Different paths or domains do not help: the browser sends both cookies to the paths that have both,
    /// and with a common secret each factory would take the other's for its own.
    #[must_use = "the returned exchange is to be finished"]
    pub fn enter<'h>(
        &mut self,
        name: Option<Name>,
        sessions: &SessionFactory,
        cookie_headers: impl IntoIterator<Item = &'h [u8]>,
    ) -> Option<Exchange> {
        let begun = self.entered().map(|layer| &layer.exchange).find(|exchange| exchange.is_of(sessions));
        let (exchange, new) = match begun.cloned() {
            Some(exchange) => (exchange, None),
            None => {
                let exchange = sessions.begin(cookie_headers);
                self.refuse_same_cookie_name(&exchange);
                (exchange.clone(), Some(exchange))
            }
        };
        let outer = self.innermost.take().map(Arc::new);
        self.innermost = Some(Entered { name, exchange, outer });
        new
    }

    /// Makes the exchange fail if a layer further out has a cookie of the same name.
    fn refuse_same_cookie_name(&self, exchange: &Exchange) {
        let cookie_name = cookie_name(exchange);
        if self.entered().any(|layer| self::cookie_name(&layer.exchange) == cookie_name) {
            let error = Error::SameCookieName { cookie_name: cookie_name.into() };
            trace::failure("session refused", &error);
            exchange.refuse(error);
        }
    }

    /// Returns the exchange of the innermost layer with this name, or of the innermost layer without a name.
    #[must_use]
    pub fn get(&self, name: Option<Name>) -> Option<&Exchange> {
        self.entered().find(|layer| layer.name == name).map(|layer| &layer.exchange)
    }

    /// Returns the layers that the request has passed, the innermost first.
    fn entered(&self) -> impl Iterator<Item = &Entered> {
        std::iter::successors(self.innermost.as_ref(), |layer| layer.outer.as_deref())
    }
}

fn cookie_name(exchange: &Exchange) -> &str {
    exchange.factory().settings.cookie.name.as_str()
}
