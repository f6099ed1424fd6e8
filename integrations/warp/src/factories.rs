//! The factories of a route, and the values that its handler takes from them.

use session_core::SessionFactory;
use session_core::adapter::Exchange;

use crate::error::Error;
use crate::exchange::FromExchange;
use crate::named::Named;
use sealed::Sealed;

/// The factories of a route whose handler takes a `T` first: a [`SessionFactory`], one with a name
/// ([`Named`]), or a tuple of up to four of them.
///
/// From a factory, the handler takes any type that implements [`FromExchange`]; from one with the name `N`,
/// that type as `Named<N, _>`; from a tuple of factories, a tuple in the same order.
///
/// Other crates cannot implement this trait, because a route and its factories may come to need other
/// methods.
#[diagnostic::on_unimplemented(
    message = "a handler cannot take `{T}` from `{Self}`",
    label = "these factories do not have what the handler takes",
    note = "from a `SessionFactory` it takes a `Session`, `UnloadedSession`, `ReadOnlySession`, `Devices`, a `Result` of one, or a tuple",
    note = "from a `Named<N, SessionFactory>` it takes a `Named<N, _>`, and from a tuple of factories a tuple in the same order"
)]
pub trait Factories<T>: Sealed + Clone + Send + Sync + 'static {
    #[doc(hidden)]
    /// Adds the factories to the list. A request has an exchange of each in the list.
    fn add_to(&self, list: &mut Vec<SessionFactory>);

    #[doc(hidden)]
    /// Takes the handler's value from the request's exchanges, which are those of the listed factories.
    ///
    /// # Errors
    ///
    /// Returns the error of [`FromExchange::from_exchange`].
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, because the client has hung up, the handler does not run and nothing is
    /// saved.
    fn take(&self, exchanges: &[Exchange]) -> impl Future<Output = Result<T, Error>> + Send;
}

mod sealed {
    /// A factory, one with a name, or a tuple of them.
    pub trait Sealed {}
}

impl Sealed for SessionFactory {}

impl<N> Sealed for Named<N, SessionFactory> {}

impl<T: FromExchange> Factories<T> for SessionFactory {
    fn add_to(&self, list: &mut Vec<SessionFactory>) {
        list.push(self.clone());
    }

    async fn take(&self, exchanges: &[Exchange]) -> Result<T, Error> {
        // Two with the same factory find the same exchange, and so have one session.
        let own = exchanges.iter().find(|exchange| exchange.is_of(self));
        T::from_exchange(own.expect("a request has an exchange of each listed factory")).await
    }
}

impl<N: 'static, T: FromExchange> Factories<Named<N, T>> for Named<N, SessionFactory> {
    fn add_to(&self, list: &mut Vec<SessionFactory>) {
        Factories::<T>::add_to(&**self, list);
    }

    async fn take(&self, exchanges: &[Exchange]) -> Result<Named<N, T>, Error> {
        Factories::<T>::take(&**self, exchanges).await.map(Named::new)
    }
}

macro_rules! tuple {
    ($($part:ident $taken:ident)+) => {
        impl<$($part: Sealed),+> Sealed for ($($part,)+) {}

        impl<$($part: Factories<$taken>, $taken: Send),+> Factories<($($taken,)+)> for ($($part,)+) {
            fn add_to(&self, list: &mut Vec<SessionFactory>) {
                #[allow(non_snake_case, reason = "a factory is named as its type is")]
                let ($($part,)+) = self;
                $($part.add_to(list);)+
            }

            async fn take(&self, exchanges: &[Exchange]) -> Result<($($taken,)+), Error> {
                #[allow(non_snake_case, reason = "a factory is named as its type is")]
                let ($($part,)+) = self;
                Ok(($($part.take(exchanges).await?,)+))
            }
        }
    };
}

tuple!(A TakenA B TakenB);
tuple!(A TakenA B TakenB C TakenC);
tuple!(A TakenA B TakenB C TakenC D TakenD);
