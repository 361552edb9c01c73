//! The words of the audit log: operations, outcomes, interfaces, and kinds of credentials and
//! targets.

use crate::document::schema::choice::define_choice;
use crate::document::schema::entities::EntityKind;

define_choice! {
    /// What was attempted.
    pub enum AuditOperation {
        /// Reading. Only refused attempts are recorded.
        Read = "READ",
        /// A log-in.
        Login = "LOGIN",
        /// Exchanging a refresh token for new tokens.
        Refresh = "REFRESH",
        /// Ending a session.
        Logout = "LOGOUT",
        /// Ending all sessions of the own account.
        LogoutEverywhere = "LOGOUT_EVERYWHERE",
        /// Changing the own password.
        ChangePassword = "CHANGE_PASSWORD",
        /// Setting a password by a link.
        UsePasswordLink = "USE_PASSWORD_LINK",
        /// Creating an account.
        CreateUser = "CREATE_USER",
        /// Changing the role or the name of an account, or disabling or enabling it.
        UpdateUser = "UPDATE_USER",
        /// Setting the password of an account.
        SetPassword = "SET_PASSWORD",
        /// Making a link that sets a password.
        CreatePasswordLink = "CREATE_PASSWORD_LINK",
        /// Deleting an account.
        DeleteUser = "DELETE_USER",
        /// Making a personal access token, or on the command line an access token.
        CreateToken = "CREATE_TOKEN",
        /// Revoking a personal access token.
        RevokeToken = "REVOKE_TOKEN",
        /// Creating a movie.
        CreateMovie = "CREATE_MOVIE",
        /// Deleting a movie.
        DeleteMovie = "DELETE_MOVIE",
        /// An import of one or several documents, published or into drafts.
        Import = "IMPORT",
        /// Publishing a draft.
        PublishDraft = "PUBLISH_DRAFT",
        /// Discarding a draft.
        DiscardDraft = "DISCARD_DRAFT",
        /// Bringing back an earlier revision.
        RevertCategory = "REVERT_CATEGORY",
        /// Locking fields or list items.
        LockFields = "LOCK_FIELDS",
        /// Unlocking fields or list items.
        UnlockFields = "UNLOCK_FIELDS",
        /// Changing the names of a person, a ceremony, a platform or a genre.
        UpdateEntity = "UPDATE_ENTITY",
        /// Merging people who are one person.
        MergePeople = "MERGE_PEOPLE",
        /// Splitting a person.
        SplitPerson = "SPLIT_PERSON",
        /// Starting a job. What it writes has entries of its own.
        StartJob = "START_JOB",
        /// Canceling a job.
        CancelJob = "CANCEL_JOB",
        /// Rebuilding the tables for lists and searches.
        Reindex = "REINDEX",
    }
}

define_choice! {
    /// How an attempt ended.
    pub enum AuditOutcome {
        /// It was carried out; that it changed nothing is said in the detail.
        Succeeded = "SUCCEEDED",
        /// Something is wrong with the input or its target; nothing was changed.
        Rejected = "REJECTED",
        /// There was no valid token, or the credentials were wrong.
        Unauthenticated = "UNAUTHENTICATED",
        /// The role or the token does not allow it.
        Forbidden = "FORBIDDEN",
        /// There were too many attempts.
        RateLimited = "RATE_LIMITED",
        /// The service failed. Nothing was changed, unless a commit was not confirmed.
        Failed = "FAILED",
    }
}

define_choice! {
    /// By which interface a request came.
    pub enum AuditInterface {
        /// GraphQL, also its subscriptions.
        Graphql = "GRAPHQL",
        /// The REST API.
        Rest = "REST",
        /// A command on the machine of the service.
        CommandLine = "COMMAND_LINE",
        /// The service itself: the first account and the demo catalogue.
        Service = "SERVICE",
    }
}

define_choice! {
    /// By which kind of token a request proved its account.
    pub enum AuditCredential {
        /// None.
        None = "NONE",
        /// The access token of a session.
        Session = "SESSION",
        /// An access token without a session, which a server on a read-only database issued.
        Account = "ACCOUNT",
        /// A personal access token.
        PersonalToken = "PERSONAL_TOKEN",
        /// A token of a platform that has the secret of this service.
        Issuer = "ISSUER",
        /// A token of another issuer.
        ForeignIssuer = "FOREIGN_ISSUER",
        /// The refresh token of a session.
        RefreshToken = "REFRESH_TOKEN",
        /// The secret of a link that sets a password.
        PasswordLink = "PASSWORD_LINK",
        /// An email and a password.
        Password = "PASSWORD",
        /// A log-in through an OpenID Connect provider.
        Provider = "PROVIDER",
    }
}

define_choice! {
    /// What kind of thing an operation is about.
    pub enum AuditTargetKind {
        /// A movie, or one of its documents.
        Movie = "MOVIE",
        /// A person.
        Person = "PERSON",
        /// A ceremony.
        Ceremony = "CEREMONY",
        /// A platform.
        Platform = "PLATFORM",
        /// A genre.
        Genre = "GENRE",
        /// An account.
        User = "USER",
        /// A session.
        Session = "SESSION",
        /// A personal access token.
        Token = "TOKEN",
        /// A job.
        Job = "JOB",
    }
}

impl From<EntityKind> for AuditTargetKind {
    fn from(kind: EntityKind) -> Self {
        match kind {
            EntityKind::Person => Self::Person,
            EntityKind::Ceremony => Self::Ceremony,
            EntityKind::Platform => Self::Platform,
            EntityKind::Genre => Self::Genre,
        }
    }
}
