//! Who may do what. A permission is a value that only a fitting role can make.

use super::import::ImportOptions;
use crate::document::schema::definition::define_choice;
use crate::document::{Source, Stage};

define_choice! {
    /// What an account may do.
    pub enum Role {
        /// Known to the platform, without standing here.
        User = "USER",
        /// Reads and exports.
        Viewer = "VIEWER",
        /// Also proposes changes.
        Contributor = "CONTRIBUTOR",
        /// Also changes what is published.
        Admin = "ADMIN",
    }
}

/// Who is asking, as a verified token says.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The token's `sub`.
    pub subject: String,
    pub email: String,
    pub role: Role,
    /// The source of all that comes in with this token, if it says one.
    pub source: Option<Source>,
}

/// The role does not allow the act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forbidden {
    pub role: Role,
    pub needed: Role,
}

/// Leave to read movies, export, and download bundles.
#[derive(Debug, Clone, Copy)]
pub struct CanRead(());

/// Leave to change what is published, to create and to delete.
#[derive(Debug, Clone)]
pub struct CanPublish {
    /// Who answers for the change.
    pub author: Author,
}

/// Leave to plan imports, to import to drafts, and to read drafts and history.
#[derive(Debug, Clone)]
pub struct CanDraft {
    /// Who answers for the contribution.
    pub author: Author,
}

/// Leave to import in one particular way.
#[derive(Debug, Clone)]
pub struct CanImport {
    /// Who answers for the change.
    pub author: Author,
    pub(super) options: ImportOptions,
}

/// Who makes a change.
#[derive(Debug, Clone)]
pub struct Author {
    /// The account, as its tokens name it (`sub`).
    pub account: String,
    /// Shown as `updated_by`.
    pub name: String,
    /// The source of all that they send, if their token says one.
    pub source: Option<Source>,
}

impl Principal {
    fn require(&self, needed: Role) -> Result<(), Forbidden> {
        if self.role as u8 >= needed as u8 {
            Ok(())
        } else {
            Err(Forbidden { role: self.role, needed })
        }
    }

    /// # Errors
    /// When the role is below VIEWER.
    pub fn can_read(&self) -> Result<CanRead, Forbidden> {
        self.require(Role::Viewer).map(|()| CanRead(()))
    }

    /// # Errors
    /// When the role is below CONTRIBUTOR.
    pub fn can_draft(&self) -> Result<CanDraft, Forbidden> {
        self.require(Role::Contributor)?;
        Ok(CanDraft { author: self.author() })
    }

    /// # Errors
    /// When the role is below ADMIN.
    pub fn can_publish(&self) -> Result<CanPublish, Forbidden> {
        self.require(Role::Admin)?;
        Ok(CanPublish { author: self.author() })
    }

    /// Leave to import with those options: to plan and to draft takes CONTRIBUTOR, to publish and to create
    /// a movie ADMIN.
    ///
    /// # Errors
    /// When the role is below that.
    pub fn can_import(&self, options: ImportOptions) -> Result<CanImport, Forbidden> {
        let is_admins = options.target == Stage::Published || options.create_movie;
        let needed = if is_admins && !options.dry_run { Role::Admin } else { Role::Contributor };
        self.require(needed)?;
        Ok(CanImport { author: self.author(), options })
    }

    fn author(&self) -> Author {
        Author { account: self.subject.clone(), name: self.email.clone(), source: self.source }
    }
}

impl CanPublish {
    /// Whoever may publish may also draft.
    #[must_use]
    pub fn can_draft(&self) -> CanDraft {
        CanDraft { author: self.author.clone() }
    }
}

impl CanDraft {
    /// Whoever may draft may also read.
    #[must_use]
    pub const fn can_read(&self) -> CanRead {
        CanRead(())
    }
}

/// Whoever runs the command line has the database's file or password, and so every right.
#[must_use]
pub fn command_line() -> (CanRead, CanPublish) {
    let author = Author {
        account: "command line".to_owned(),
        name: "command line".to_owned(),
        source: None,
    };
    (CanRead(()), CanPublish { author })
}
