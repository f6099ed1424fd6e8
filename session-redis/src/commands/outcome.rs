//! The meaning of the replies to writes.

use bytes::Bytes;

use crate::driver::contract::Reply;
use crate::error::Failure;
use crate::owners::Over;

/// The meaning of the reply to a write.
pub(crate) enum Outcome {
    Gone,
    Done,
    Taken,
    /// Done, and an entry of the index is over.
    Over(Over),
    /// Nothing was done, because the session must be entered in the index before: its line, tag and owner's
    /// hash, as far as the script tells them.
    Enter(Bytes),
    /// Nothing was done, because there is another record.
    Other(Bytes),
}

impl Outcome {
    pub(crate) fn of(reply: Reply) -> Result<Self, Failure> {
        match reply {
            Reply::Number(0) => Ok(Self::Gone),
            Reply::Number(1) => Ok(Self::Done),
            Reply::Number(2) => Ok(Self::Taken),
            Reply::Bytes(bytes) => match bytes.first() {
                Some(b'D') => Over::read(&bytes[1..]).map(Self::Over).ok_or(Failure::BadReply),
                Some(b'R') => Ok(Self::Enter(bytes.slice(1..))),
                Some(b'E') if bytes == "ECORRUPT" => Err(Failure::BadValue),
                Some(b'E') => Err(Failure::of_server(&String::from_utf8_lossy(&bytes[1..]))),
                Some(_) => Ok(Self::Other(bytes)),
                None => Err(Failure::BadReply),
            },
            Reply::Nothing | Reply::Number(_) | Reply::Many(_) => Err(Failure::BadReply),
        }
    }
}
