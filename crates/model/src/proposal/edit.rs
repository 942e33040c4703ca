//! Changes to a proposal's file, made so that comments and order survive.
