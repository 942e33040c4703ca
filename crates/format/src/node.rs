//! A tree of files as every file system writer takes it: sorted, checked, without content.
//!
//! The content of regular files stays where it is; a writer that comes to a file is given
//! its bytes by whoever calls it. The order is that of directories before what is in them,
//! names compared as bytes, so that the same tree always makes the same image.

#[cfg(test)]
mod tests;

/// What kind of file a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file of so many bytes.
    File(u64),
    /// A directory.
    Directory,
    /// A symbolic link and where it leads.
    Symlink(Vec<u8>),
    /// A character device with its major and minor number.
    Character(u32, u32),
    /// A block device with its major and minor number.
    Block(u32, u32),
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// Another name of the file that has this path.
    Link(Vec<u8>),
}

/// One file of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its path from the root, without a slash in front; the root's is empty.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Its permission bits, with set-user-id and the like.
    pub mode: u16,
    /// The number of its owner.
    pub owner: u32,
    /// The number of its group.
    pub group: u32,
    /// When it was changed last, in seconds since 1970.
    pub time: u32,
    /// Its extended attributes, whole names, sorted.
    pub attributes: Vec<(Vec<u8>, Vec<u8>)>,
}

/// A checked tree, as a list in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    nodes: Vec<Node>,
    // Numbers of half a word, as trees of millions of files should take little memory.
    parents: Vec<u32>,
    /// What is in all directories, one directory after the other, and where that of each begins.
    children: Vec<u32>,
    begins: Vec<u32>,
    targets: Vec<u32>,
    links: Vec<u32>,
}

/// What is wrong with a list of nodes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("/{path}: {problem}")]
pub struct TreeError {
    /// The path in question.
    pub path: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl Tree {
    /// Sorts and checks nodes.
    ///
    /// # Errors
    /// If a path is there twice, has no directory above it, is not a plain path, or is a
    /// link to nothing.
    pub fn new(mut nodes: Vec<Node>) -> Result<Tree, TreeError> {
        nodes.sort_by(|left, right| components(&left.path).cmp(components(&right.path)));
        if nodes
            .first()
            .is_none_or(|root| !root.path.is_empty() || root.kind != Kind::Directory)
        {
            return Err(problem(b"", "the root is not a directory"));
        }
        let too_many = |_| problem(b"", "too many files");
        let count = u32::try_from(nodes.len()).map_err(too_many)?;
        let mut tree = Tree {
            parents: vec![0; nodes.len()],
            children: Vec::new(),
            begins: Vec::new(),
            targets: (0..count).collect(),
            links: vec![1; nodes.len()],
            nodes,
        };
        tree.links[0] = 2;
        for index in 1..tree.nodes.len() {
            tree.connect(index)?;
        }
        tree.collect_children();
        Ok(tree)
    }

    fn collect_children(&mut self) {
        let mut begins = vec![0; self.nodes.len() + 1];
        for parent in self.parents.iter().skip(1) {
            begins[*parent as usize + 1] += 1;
        }
        for index in 1..begins.len() {
            begins[index] += begins[index - 1];
        }
        let mut next = begins.clone();
        self.children = vec![0; self.nodes.len() - 1];
        for (index, parent) in (0..).zip(&self.parents).skip(1) {
            let place = &mut next[*parent as usize];
            self.children[*place as usize] = index;
            *place += 1;
        }
        self.begins = begins;
    }

    fn connect(&mut self, index: usize) -> Result<(), TreeError> {
        let node = &self.nodes[index];
        let plain = components(&node.path).all(|name| !matches!(name, b"" | b"." | b".."));
        if !plain || node.path.contains(&0) {
            return Err(problem(&node.path, "not a plain path"));
        }
        if self.nodes[index - 1].path == node.path {
            return Err(problem(&node.path, "there twice"));
        }
        let above = match node.path.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => &node.path[..slash],
            None => &[],
        };
        let parent = self
            .find(above)
            .filter(|parent| self.nodes[*parent].kind == Kind::Directory);
        let parent = parent.ok_or_else(|| problem(&node.path, "no directory above it"))?;
        // There are no more nodes than such a number can count.
        self.parents[index] = parent as u32;
        if let Kind::Link(target) = &node.kind {
            let target = self.find(target).filter(|target| {
                !matches!(self.nodes[*target].kind, Kind::Link(_) | Kind::Directory)
            });
            let target = target.ok_or_else(|| problem(&node.path, "a hard link to nothing"))?;
            self.targets[index] = target as u32;
            self.links[target] += 1;
        }
        if node.kind == Kind::Directory {
            self.links[index] += 1;
            self.links[parent] += 1;
        }
        Ok(())
    }

    /// Where the node with this path stands in the list.
    #[must_use]
    pub fn find(&self, path: &[u8]) -> Option<usize> {
        self.nodes
            .binary_search_by(|node| components(&node.path).cmp(components(path)))
            .ok()
    }

    /// All nodes, directories before what is in them.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// What is in a directory, sorted by name.
    #[must_use]
    pub fn children(&self, index: usize) -> &[u32] {
        &self.children[self.begins[index] as usize..self.begins[index + 1] as usize]
    }

    /// The directory that a node is in; the root is in itself.
    #[must_use]
    pub fn parent(&self, index: usize) -> usize {
        self.parents[index] as usize
    }

    /// The node whose file this is: itself, but for a further name of another.
    #[must_use]
    pub fn target(&self, index: usize) -> usize {
        self.targets[index] as usize
    }

    /// How many names a file has, or for a directory 2 and one for each directory in it.
    #[must_use]
    pub fn links(&self, index: usize) -> u32 {
        self.links[self.target(index)]
    }
}

impl Node {
    /// Its last name.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        let slash = self.path.iter().rposition(|byte| *byte == b'/');
        &self.path[slash.map_or(0, |slash| slash + 1)..]
    }
}

fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    // The root has no name at all, not one empty name.
    path.split(|byte| *byte == b'/')
        .skip(usize::from(path.is_empty()))
}

fn problem(path: &[u8], problem: &'static str) -> TreeError {
    TreeError {
        path: String::from_utf8_lossy(path).into_owned(),
        problem,
    }
}
