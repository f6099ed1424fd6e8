//! The calls of a store, by name.

/// One of the calls that a store answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Op {
    /// [`SessionStore::load`](session_core::store::SessionStore::load)
    Load,
    /// [`SessionStore::create`](session_core::store::SessionStore::create)
    Create,
    /// [`SessionStore::update`](session_core::store::SessionStore::update)
    Update,
    /// [`SessionStore::rename`](session_core::store::SessionStore::rename)
    Rename,
    /// [`SessionStore::touch`](session_core::store::SessionStore::touch)
    Touch,
    /// [`SessionStore::delete`](session_core::store::SessionStore::delete)
    Delete,
    /// [`OwnerIndex::list`](session_core::store::OwnerIndex::list)
    List,
    /// [`OwnerIndex::revoke`](session_core::store::OwnerIndex::revoke)
    Revoke,
    /// [`PurgeExpired::purge`](session_core::store::PurgeExpired::purge)
    Purge,
}
