//! Flash messages: messages in queues, each of which is shown once.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::Error;
use crate::handler::json::{decoded, encoded};
use crate::handler::session::Session;
use crate::protocol::change::{Change, Duplicates};
use crate::pyramid::flash::value_name;

impl Session {
    /// Appends a message to the unnamed flash queue, to be shown once, usually on the next page.
    ///
    /// ```
    /// # use session_core::{Error, Session};
    /// # fn doc(session: &Session) -> Result<(), Error> {
    /// session.flash("saved")?;
    /// for message in session.pop_flash::<String>("")? {
    ///     println!("{message}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Fails as [`Session::flash_to`] does.
    pub fn flash<T: Serialize>(&self, message: T) -> Result<(), Error> {
        self.flash_to("", message)
    }

    /// Appends a message to the flash queue called `queue`. If parallel requests append messages, all of them
    /// are kept.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Value`] if the message is refused as by [`Session::insert`], or if the session value
    /// of the queue, whose name is `_f_` followed by `queue`, is not a list. Returns [`Error::Finished`] if
    /// the response has begun.
    pub fn flash_to<T: Serialize>(&self, queue: &str, message: T) -> Result<(), Error> {
        self.append(queue, &message, Duplicates::Keep)
    }

    /// Appends a message to the flash queue called `queue`, unless it already holds an equal one. This is
    /// Python's `allow_duplicate=False`.
    ///
    /// # Errors
    ///
    /// Fails as [`Session::flash_to`] does.
    pub fn flash_once<T: Serialize>(&self, queue: &str, message: T) -> Result<(), Error> {
        self.append(queue, &message, Duplicates::Skip)
    }

    /// Returns the messages of a flash queue, oldest first, and leaves them there. The queue of
    /// [`Session::flash`] is `""`.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Value`] if one of the messages has another type.
    pub fn peek_flash<T: DeserializeOwned>(&self, queue: &str) -> Result<Vec<T>, Error> {
        let (name, data) = (value_name(queue), self.data());
        match data.map().get(&name) {
            Some(messages) => self.noted(decoded(&name, messages)),
            None => Ok(Vec::new()),
        }
    }

    /// Removes the messages of a flash queue and returns them, oldest first. The queue of [`Session::flash`]
    /// is `""`.
    ///
    /// Only the returned messages are removed: a message that a parallel request appends stays for the next
    /// call. Nothing is written if the queue is empty.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Value`] if one of the messages has another type; then all of them stay. Returns
    /// [`Error::Finished`] if the response has begun.
    pub fn pop_flash<T: DeserializeOwned>(&self, queue: &str) -> Result<Vec<T>, Error> {
        let (name, data) = (value_name(queue), self.edit(|state| Ok(state.contents().data.clone()))?);
        let Some(Value::Array(taken)) = data.map().get(&name) else { return Ok(Vec::new()) };
        let messages = taken.iter().map(|message| decoded(&name, message)).collect();
        let messages = self.noted(messages)?;
        let take = Change::Take(name, taken.clone());
        drop(data);
        self.edit(|state| state.change(take))?;
        Ok(messages)
    }

    fn append<T: Serialize>(&self, queue: &str, message: &T, duplicates: Duplicates) -> Result<(), Error> {
        let name = value_name(queue);
        let message = encoded(&name, message)?;
        self.edit(|state| state.change(Change::Append(name, message, duplicates)))
    }
}
