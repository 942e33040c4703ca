//! Looking at an image: what takes the room, and where it comes from. Pure.
