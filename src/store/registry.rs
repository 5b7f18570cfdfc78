//! People as others ask for them: checks from memory, changes through the writer, and an eye on what `regia admin` wrote.

use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};
use tokio::sync::Semaphore;

use super::directory::{Directory, Seen, Session};
use super::{Holder, Link, LinkId, Machine, NewLink, Operator, Roles, Standing, StoreError, Writer};
use crate::secret::{self, Digest, Key, Password, PasswordHash};
use crate::show::{ChannelId, Name};

/// Passwords that are hashed at once: each takes 19 MiB and a core for some 20 ms.
const HASHERS: usize = 2;

/// Sign-ins that may wait for their turn.
const SIGN_INS: usize = 32;

/// How often keys and links that nobody knows may cause a look at the file.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Characters of an access code.
const CODE: std::ops::RangeInclusive<usize> = 4..=64;

/// Most links of one city or co-host, with those that are over. Each change reads them all anew.
const MOST_LINKS: (&str, usize) = ("links", 500);

/// Most API keys, with those that are over.
const MOST_KEYS: (&str, usize) = ("API keys", 500);

/// Operators, web sessions, API keys, links and access codes. A clone is the same.
///
/// Checks answer from memory, so a locked file locks nobody out. Changes are answered when they are in the file. What another
/// process writes there (`regia admin`) is noticed within a second, and at once by who is not known. All times are Unix µs.
#[derive(Debug, Clone)]
pub struct People {
    writer: Writer,
    directory: Arc<RwLock<Directory>>,
    desk: Arc<Desk>,
}

/// Who is being let in at the moment.
#[derive(Debug)]
struct Desk {
    sign_ins: Semaphore,
    hashers: Arc<Semaphore>,
    last_look: Mutex<Option<Instant>>,
}

impl People {
    pub(super) fn new(writer: Writer, directory: Arc<RwLock<Directory>>) -> Self {
        let hashers = Arc::new(Semaphore::new(HASHERS));
        let desk = Desk { sign_ins: Semaphore::new(SIGN_INS), hashers, last_look: Mutex::new(None) };
        Self { writer, directory, desk: Arc::new(desk) }
    }

    /// All operators by name.
    pub fn operators(&self) -> Vec<Operator> {
        self.read().tables.operators()
    }

    /// Adds an operator.
    ///
    /// # Errors
    /// [`StoreError::Taken`]; what the file says.
    pub async fn add_operator(
        &self,
        name: Name,
        roles: Roles,
        password: Password,
        now_us: i64,
    ) -> Result<(), StoreError> {
        let hash = self.hash(password).await?;
        self.change(move |change| {
            let added = change.execute(
                "INSERT INTO operator (name, roles, password, stamp, added_us) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO NOTHING",
                (name.as_str(), roles.to_string(), hash.as_stored(), stamp(), now_us),
            )?;
            if added == 1 { Ok(()) } else { Err(StoreError::Taken { what: "an operator", name: name.to_string() }) }
        })
        .await
    }

    /// Changes a password. All sessions of this operator are over.
    ///
    /// # Errors
    /// [`StoreError::Unknown`]; what the file says.
    pub async fn set_password(&self, name: &Name, password: Password) -> Result<(), StoreError> {
        let (name, hash) = (name.clone(), self.hash(password).await?);
        self.change(move |change| {
            let sql = "UPDATE operator SET password = ?2, stamp = ?3 WHERE name = ?1";
            let changed = change.execute(sql, (name.as_str(), hash.as_stored(), stamp()))?;
            one(changed, "operator", &name)?;
            change.execute("DELETE FROM web_session WHERE operator = ?1", [name.as_str()])?;
            Ok(())
        })
        .await
    }

    /// Changes what an operator may do, also in sessions that are open.
    ///
    /// # Errors
    /// [`StoreError::Unknown`]; what the file says.
    pub async fn set_roles(&self, name: &Name, roles: Roles) -> Result<(), StoreError> {
        let name = name.clone();
        self.change(move |change| {
            let sql = "UPDATE operator SET roles = ?2 WHERE name = ?1";
            one(change.execute(sql, (name.as_str(), roles.to_string()))?, "operator", &name)
        })
        .await
    }

    /// Removes an operator, with sessions and with the API keys that act for this operator.
    ///
    /// # Errors
    /// [`StoreError::Unknown`]; what the file says.
    pub async fn remove_operator(&self, name: &Name) -> Result<(), StoreError> {
        let name = name.clone();
        self.change(move |change| {
            change.execute("DELETE FROM web_session WHERE operator = ?1", [name.as_str()])?;
            one(change.execute("DELETE FROM operator WHERE name = ?1", [name.as_str()])?, "operator", &name)
        })
        .await
    }

    /// Opens a session for who knows name and password. None: they do not fit; which of them is not told apart, neither by
    /// the answer nor by its time. Two at a time, some others wait. Sign-ins are not limited in rate here: that is for who
    /// knows where they come from.
    ///
    /// # Errors
    /// [`StoreError::Crowded`].
    pub async fn sign_in(
        &self,
        name: &str,
        password: &str,
        now_us: i64,
    ) -> Result<Option<(Key, Operator)>, StoreError> {
        let _place = self.desk.sign_ins.try_acquire().map_err(|_| StoreError::Crowded)?;
        self.writer.look().await;
        let account = self.read().tables.account(name).cloned();
        let hash = account.as_ref().map_or_else(PasswordHash::of_nobody, |account| account.hash.clone());
        let password = password.to_owned();
        let fits = self.hashing(move || hash.fits(&password)).await?;
        let Some(account) = account.filter(|_| fits) else { return Ok(None) };

        let (token, operator) = (Key::random(), account.operator);
        let digest = Digest::of(token.reveal());
        let name = operator.name.clone();
        let session = Session { operator: name, stamp: account.stamp, opened_us: now_us, seen_us: now_us };
        let gone = self.write().open(digest, session.clone());
        gone.into_iter().for_each(|gone| self.writer.keep_session(gone, None));
        self.writer.keep_session(digest, Some(session));
        Ok(Some((token, operator)))
    }

    /// The operator of a session; also keeps it from going idle. None: unknown, signed out, idle for 12 hours, 7 days old,
    /// or the operator was removed or has another password now.
    pub fn session(&self, token: &str, now_us: i64) -> Option<Operator> {
        let digest = Digest::of(token);
        let seen = self.read().session(&digest, now_us)?;
        match seen {
            Seen::AsWritten(operator) => Some(operator),
            Seen::Again(operator) => {
                let session = self.write().touch(&digest, now_us);
                session.into_iter().for_each(|session| self.writer.keep_session(digest, Some(session)));
                Some(operator)
            }
        }
    }

    /// Ends a session. Whether there was one.
    pub fn sign_out(&self, token: &str) -> bool {
        let digest = Digest::of(token);
        let was_open = self.write().sign_out(&digest);
        if was_open {
            self.writer.keep_session(digest, None);
        }
        was_open
    }

    /// The machine that a key opens for.
    pub async fn machine(&self, key: &str) -> Option<Machine> {
        let digest = Digest::of(key);
        self.known(|directory| directory.tables.machine(&digest).cloned()).await
    }

    /// All API keys, also revoked ones, oldest first.
    pub fn machines(&self) -> Vec<Machine> {
        self.read().tables.machines()
    }

    /// Makes an API key. It is in this answer and nowhere else.
    ///
    /// # Errors
    /// [`StoreError::Taken`]; [`StoreError::Unknown`] operator; [`StoreError::TooMany`]; what the file says.
    pub async fn add_machine(
        &self,
        name: Name,
        roles: Roles,
        acts_for: Option<Name>,
        now_us: i64,
    ) -> Result<Key, StoreError> {
        let key = Key::random();
        let digest = Digest::of(key.reveal());
        self.change(move |change| {
            if let Some(operator) = &acts_for {
                let known = change.query_row("SELECT 1 FROM operator WHERE name = ?1", [operator.as_str()], |_| Ok(()));
                one(known.optional()?.iter().count(), "operator", operator)?;
            }
            make_room(change, MOST_KEYS, ("api_key", "true", "revoked_us IS NOT NULL"), ())?;
            let added = change.execute(
                "INSERT INTO api_key (name, roles, acts_for, digest, added_us) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO NOTHING",
                (name.as_str(), roles.to_string(), acts_for.as_ref().map(Name::as_str), digest.as_bytes(), now_us),
            )?;
            if added == 1 { Ok(()) } else { Err(StoreError::Taken { what: "an API key", name: name.to_string() }) }
        })
        .await?;
        Ok(key)
    }

    /// Revokes the API key with this name.
    ///
    /// # Errors
    /// [`StoreError::Unknown`]; what the file says.
    pub async fn revoke_machine(&self, name: &Name, now_us: i64) -> Result<(), StoreError> {
        let name = name.clone();
        self.change(move |change| {
            let sql = "UPDATE api_key SET revoked_us = ?2 WHERE name = ?1 AND revoked_us IS NULL";
            one(change.execute(sql, (name.as_str(), now_us))?, "API key", &name)
        })
        .await
    }

    /// Whose link has this token, and what it is worth. None: no link ever had it.
    pub async fn link(&self, token: &str, now_us: i64) -> Option<(Holder, Standing)> {
        let digest = Digest::of(token);
        self.known(|directory| directory.tables.link(&digest, now_us)).await
    }

    /// The links of a holder, oldest first, with those that open nothing any more.
    pub fn links(&self, holder: &Holder) -> Vec<Link> {
        self.read().tables.links(holder)
    }

    /// Makes a link. Its token is in this answer and nowhere else.
    ///
    /// # Errors
    /// [`StoreError::TooMany`]; what the file says.
    pub async fn add_link(&self, holder: Holder, expires_us: Option<i64>, now_us: i64) -> Result<NewLink, StoreError> {
        self.change(move |change| insert_link(change, holder, expires_us, now_us)).await
    }

    /// Makes a new link of the same holder in place of one that is [`Standing::Valid`] or [`Standing::Expired`]; the old
    /// one's token then is [`Standing::Renewed`].
    ///
    /// # Errors
    /// [`StoreError::Unknown`] for a link that is not there, or was renewed or revoked; [`StoreError::TooMany`]; what the
    /// file says.
    pub async fn renew_link(&self, id: LinkId, expires_us: Option<i64>, now_us: i64) -> Result<NewLink, StoreError> {
        self.change(move |change| {
            let renewed = change.query_row(
                "UPDATE link SET renewed_us = ?2 WHERE id = ?1 AND renewed_us IS NULL AND revoked_us IS NULL
                 RETURNING holder_kind, holder",
                (id.0, now_us),
                |row| Ok((row.get::<_, String>(0)?, row.get(1)?)),
            );
            let holder = renewed.optional()?.and_then(|(kind, holder)| Holder::stored(&kind, holder));
            let unknown = || StoreError::Unknown { what: "link that is in use", name: id.0.to_string() };
            insert_link(change, holder.ok_or_else(unknown)?, expires_us, now_us)
        })
        .await
    }

    /// Revokes a link, also one that was renewed.
    ///
    /// # Errors
    /// [`StoreError::Unknown`]; what the file says.
    pub async fn revoke_link(&self, id: LinkId, now_us: i64) -> Result<(), StoreError> {
        self.change(move |change| {
            let sql = "UPDATE link SET revoked_us = ifnull(revoked_us, ?2) WHERE id = ?1";
            one(change.execute(sql, (id.0, now_us))?, "link", id.0)
        })
        .await
    }

    /// Revokes all links of a holder who leaves. How many.
    ///
    /// # Errors
    /// What the file says.
    pub async fn revoke_links_of(&self, holder: &Holder, now_us: i64) -> Result<usize, StoreError> {
        let holder = holder.clone();
        self.change(move |change| {
            let (kind, id) = holder.columns();
            let sql = "UPDATE link SET revoked_us = ?3 WHERE holder_kind = ?1 AND holder = ?2 AND revoked_us IS NULL";
            Ok(change.execute(sql, (kind, id, now_us))?)
        })
        .await
    }

    /// Whether viewers need a code for this channel.
    pub fn needs_code(&self, channel: &ChannelId) -> bool {
        self.read().tables.needs_code(&channel.to_string())
    }

    /// Whether `code` opens this channel; a public one is open with any code and with none.
    pub fn admits(&self, channel: &ChannelId, code: Option<&str>) -> bool {
        self.read().tables.admits(&channel.to_string(), code)
    }

    /// Sets a channel's code, 4 to 64 characters; none makes it public. A code is told to a whole audience: its hash keeps
    /// it from being read in the file, not from being guessed with the file at hand.
    ///
    /// # Errors
    /// [`StoreError::Code`]; what the file says.
    pub async fn set_code(&self, channel: &ChannelId, code: Option<&str>) -> Result<(), StoreError> {
        let channel = channel.to_string();
        let arrived = code.map_or(*CODE.start(), |code| code.chars().count());
        if !CODE.contains(&arrived) {
            return Err(StoreError::Code { arrived });
        }
        let salt: [u8; 16] = secret::random();
        let digest = code.map(|code| Digest::salted(&salt, code));
        self.change(move |change| {
            match digest {
                Some(digest) => change.execute(
                    "INSERT OR REPLACE INTO access_code (channel, salt, digest) VALUES (?1, ?2, ?3)",
                    (channel, salt, digest.as_bytes()),
                )?,
                None => change.execute("DELETE FROM access_code WHERE channel = ?1", [channel])?,
            };
            Ok(())
        })
        .await
    }

    /// One change, all or nothing. When it is answered, the checks know it.
    async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer
            .change(move |connection| {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let answer = change(&transaction)?;
                transaction.commit()?;
                Ok(answer)
            })
            .await
    }

    /// What memory knows; who is not known may have come a moment ago, so the file is looked at, now and then.
    pub(super) async fn known<T>(&self, find: impl Fn(&Directory) -> Option<T>) -> Option<T> {
        let found = find(&self.read());
        if found.is_some() || !self.may_look() {
            return found;
        }
        self.writer.look().await;
        find(&self.read())
    }

    fn may_look(&self) -> bool {
        let mut last = self.desk.last_look.lock().unwrap_or_else(PoisonError::into_inner);
        let may = last.is_none_or(|last| last.elapsed() >= LOOK_EVERY);
        if may {
            *last = Some(Instant::now());
        }
        may
    }

    async fn hash(&self, password: Password) -> Result<PasswordHash, StoreError> {
        self.hashing(move || password.hash()).await
    }

    /// Runs argon2 where nobody else waits, when it has its turn.
    async fn hashing<T: Send + 'static>(&self, hash: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
        let turn = self.desk.hashers.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        // The turn goes with the work: an asker who leaves does not let a third in.
        let hashed = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            hash()
        });
        hashed.await.map_err(|error| StoreError::Failed(error.to_string()))
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Directory> {
        self.directory.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Directory> {
        self.directory.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes room for one more row of those that `of` means: the oldest goes that opens nothing any more.
///
/// # Errors
/// [`StoreError::TooMany`] if all of `most` are in use.
fn make_room(
    change: &Connection,
    (what, most): (&'static str, usize),
    (table, of, is_over): (&str, &str, &str),
    params: impl rusqlite::Params + Copy,
) -> Result<(), StoreError> {
    let count: u32 = change.query_row(&format!("SELECT count(*) FROM {table} WHERE {of}"), params, |row| row.get(0))?;
    if (count as usize) < most {
        return Ok(());
    }
    let oldest = format!("SELECT id FROM {table} WHERE {of} AND {is_over} ORDER BY id LIMIT 1");
    let gone = change.execute(&format!("DELETE FROM {table} WHERE id = ({oldest})"), params)?;
    if gone > 0 { Ok(()) } else { Err(StoreError::TooMany { what, most }) }
}

fn insert_link(
    change: &Connection,
    holder: Holder,
    expires_us: Option<i64>,
    now_us: i64,
) -> Result<NewLink, StoreError> {
    let (token, (kind, id)) = (Key::random(), holder.columns());
    let is_over = "(revoked_us IS NOT NULL OR renewed_us IS NOT NULL)";
    make_room(change, MOST_LINKS, ("link", "holder_kind = ?1 AND holder = ?2", is_over), (kind, id))?;
    change.execute(
        "INSERT INTO link (holder_kind, holder, digest, added_us, expires_us) VALUES (?1, ?2, ?3, ?4, ?5)",
        (kind, id, Digest::of(token.reveal()).as_bytes(), now_us, expires_us),
    )?;
    let id = LinkId(change.last_insert_rowid());
    let link = Link { id, holder, added_us: now_us, expires_us, renewed_us: None, revoked_us: None };
    Ok(NewLink { link, token })
}

/// A stamp that no former password has.
fn stamp() -> i64 {
    i64::from_ne_bytes(secret::random())
}

/// Whether something with this name was there.
fn one(found: usize, what: &'static str, name: impl ToString) -> Result<(), StoreError> {
    if found > 0 { Ok(()) } else { Err(StoreError::Unknown { what, name: name.to_string() }) }
}
