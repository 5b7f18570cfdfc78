//! People in memory: answers every check without the file. Time is an argument; nothing here waits.
