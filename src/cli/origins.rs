//! Where option values came from: an error message names the flag if the value was given by a flag,
//! and the environment variable otherwise.

use std::collections::HashMap;

use clap::ArgMatches;
use clap::parser::ValueSource;

/// Maps the environment variable of an option to the option's name in messages.
#[derive(Debug, Default)]
pub(super) struct Origins(HashMap<String, String>);

impl Origins {
    pub(super) fn new(command: &clap::Command, matches: &ArgMatches) -> Self {
        let mut origins = Self::default();
        origins.collect(command, matches);
        origins
    }

    fn collect(&mut self, command: &clap::Command, matches: &ArgMatches) {
        for argument in command.get_arguments() {
            let variable = argument.get_env().and_then(|name| name.to_str());
            let (Some(variable), Some(flag)) = (variable, argument.get_long()) else { continue };
            let id = argument.get_id().as_str();
            if matches.try_contains_id(id).is_err() {
                continue;
            }
            let name = match matches.value_source(id) {
                Some(ValueSource::CommandLine) => format!("--{flag}"),
                Some(ValueSource::DefaultValue) => format!("the default of --{flag}"),
                _ => continue,
            };
            self.0.insert(variable.to_owned(), name);
        }
        if let Some((name, matches)) = matches.subcommand()
            && let Some(command) = command.find_subcommand(name)
        {
            self.collect(command, matches);
        }
    }

    /// Replaces the environment variable at the start of a message by the name of the option as the
    /// user gave it.
    pub(super) fn rename_option(&self, message: String) -> String {
        let Some((option, rest)) = message.split_once(": ") else { return message };
        match self.0.get(option) {
            Some(name) => format!("{name}: {rest}"),
            None => message,
        }
    }
}
