//! Messages that are shown once, in queues.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::Error;
use crate::handler::session::{Session, decoded, encoded};
use crate::protocol::change::{Change, Duplicates};
use crate::pyramid::flash::value_name;

impl Session {
    /// Appends a message to the queue without a name.
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
    /// As [`Session::flash_to`].
    pub fn flash<T: Serialize>(&self, message: T) -> Result<(), Error> {
        self.flash_to("", message)
    }

    /// Appends a message to a queue. Messages of parallel requests all arrive.
    ///
    /// # Errors
    ///
    /// [`Error::Value`] if the message has no JSON form or the queue's name is that of another value, [`Error::Finished`] if the
    /// response has begun.
    pub fn flash_to<T: Serialize>(&self, queue: &str, message: T) -> Result<(), Error> {
        self.append(queue, &message, Duplicates::Keep)
    }

    /// Appends a message to a queue unless an equal one waits there: Python's `allow_duplicate=False`.
    ///
    /// # Errors
    ///
    /// As [`Session::flash_to`].
    pub fn flash_once<T: Serialize>(&self, queue: &str, message: T) -> Result<(), Error> {
        self.append(queue, &message, Duplicates::Skip)
    }

    /// The messages of a queue, oldest first, which stay there. The queue of [`Session::flash`] is `""`.
    ///
    /// # Errors
    ///
    /// [`Error::Value`] if one of them is of another type.
    pub fn peek_flash<T: DeserializeOwned>(&self, queue: &str) -> Result<Vec<T>, Error> {
        let (name, data) = (value_name(queue), self.data());
        Ok(match data.map().get(&name) {
            Some(messages) => decoded(&name, messages)?,
            None => Vec::new(),
        })
    }

    /// Takes the messages of a queue, oldest first. Just those are removed: what a parallel request appends stays for the next time.
    /// An empty queue costs no write.
    ///
    /// # Errors
    ///
    /// [`Error::Value`] if one of them is of another type (all stay, then), [`Error::Finished`] if the response has begun.
    pub fn pop_flash<T: DeserializeOwned>(&self, queue: &str) -> Result<Vec<T>, Error> {
        let (name, data) = (value_name(queue), self.edit(|state| Ok(state.contents().data.clone()))?);
        let Some(Value::Array(taken)) = data.map().get(&name) else { return Ok(Vec::new()) };
        let messages = taken.iter().map(|message| decoded(&name, message)).collect::<Result<_, _>>()?;
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
