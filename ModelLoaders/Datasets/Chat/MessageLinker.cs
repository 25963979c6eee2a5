using System.Text.Json;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.Datasets.Chat;

/// <summary>Makes trees of messages that stand in rows of their own and name the one they reply to.</summary>
internal sealed class MessageLinker
{
    private readonly Dictionary<string, Row> _rows = new(StringComparer.Ordinal);

    /// <summary>Takes a message.</summary>
    /// <exception cref="BadRowException">A field is missing or wrong, or the name is taken.</exception>
    public void Add(int line, JsonElement row)
    {
        // OpenAssistant's published files and its server's seed data name these differently.
        var id = row.OptionalText("message_id") ?? row.OptionalText("user_message_id") ?? throw new BadRowException("'message_id' is missing");
        var parent = row.OptionalText("parent_id") ?? row.OptionalText("parent_message_id");
        if (!_rows.TryAdd(id, new Row(line, id, parent, MessageReader.ReadSingle(row))))
            throw new BadRowException($"message {Printable.Quote(id)} is there twice");
    }

    /// <summary>Puts replies below the messages they reply to.</summary>
    /// <param name="reject">Told of each message that is below no first one, or too far below.</param>
    /// <returns>The first messages in the file's order.</returns>
    public IReadOnlyList<(int Line, string Id, TreeMessage Root)> Link(Action<int, string> reject)
    {
        var replies = _rows.Values.Where(row => row.Parent is not null).ToLookup(row => row.Parent!, StringComparer.Ordinal);
        var roots = _rows.Values.Where(row => row.Parent is null).ToArray();
        var reached = roots.Select(root => root.Id).ToHashSet(StringComparer.Ordinal);

        // Level by level, so that a long chain needs no stack; a ring is never reached.
        IReadOnlyList<Row> level = roots;
        for (var depth = 1; depth < TreeMessage.MaxDepth && level.Count > 0; depth++)
        {
            var next = new List<Row>();
            foreach (var row in level)
            {
                foreach (var reply in replies[row.Id])
                {
                    row.Message.Replies.Add(reply.Message);
                    reached.Add(reply.Id);
                    next.Add(reply);
                }
            }

            level = next;
        }

        foreach (var row in _rows.Values.Where(row => !reached.Contains(row.Id)))
            reject(row.Line, $"no first message within the {TreeMessage.MaxDepth} up to it");
        return [.. roots.Select(root => (root.Line, root.Id, root.Message))];
    }

    private sealed record Row(int Line, string Id, string? Parent, TreeMessage Message);
}
