namespace VkSparseGrad.ModelLoaders.Datasets.Chat;

/// <summary>Lists the threads of a pruned tree: from its first message to an answer that nothing follows.</summary>
internal sealed class ThreadBuilder(ThreadChoice choice)
{
    /// <summary>
    /// Characters that the threads of a tree may have together. They repeat what they share, so that a small file could ask for a
    /// quadratic amount.
    /// </summary>
    internal const long MostCharacters = 64 << 20;

    // So that many short messages count too: about what the template puts around one.
    private const int Overhead = 16;

    private readonly List<ChatTurn> _path = [];
    private readonly List<Conversation> _threads = [];
    private long _pathLength;
    private long _characters;

    /// <summary>The threads of a tree, in the order of its replies.</summary>
    /// <exception cref="BadRowException">They are too long together.</exception>
    public static ChatTree Build(TreeMessage root, ThreadChoice choice)
    {
        var builder = new ThreadBuilder(choice);
        builder.Ask(root);
        return new ChatTree(builder._threads);
    }

    private void Ask(TreeMessage user)
    {
        var isUserNew = true;
        foreach (var answer in Chosen(user))
        {
            var length = user.Text.Length + answer.Text.Length + (2 * Overhead);
            _path.Add(new ChatTurn(user.Text, answer.Text, isUserNew));
            _pathLength += length;
            isUserNew = false;

            if (answer.Replies.Count == 0)
                AddThread();
            foreach (var next in Chosen(answer))
                Ask(next);

            _path.RemoveAt(_path.Count - 1);
            _pathLength -= length;
        }
    }

    private IEnumerable<TreeMessage> Chosen(TreeMessage message) => choice == ThreadChoice.All ? message.Replies : message.Replies.Take(1);

    private void AddThread()
    {
        _characters += _pathLength;
        if (_characters > MostCharacters)
            throw new BadRowException($"its threads have more than {MostCharacters} characters together");
        _threads.Add(new Conversation(null, [.. _path]));
        for (var turn = 0; turn < _path.Count; turn++)
            _path[turn] = _path[turn] with { IsUserNew = false, IsAnswerNew = false };
    }
}
