using System.Text.Json;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.Datasets.Chat;

/// <summary>Turns the rows of a file into trees; rows of different forms may be mixed.</summary>
/// <param name="path">The file.</param>
/// <param name="options">What is taken.</param>
/// <param name="strict">Whether a row that cannot be read is an error.</param>
/// <param name="known">The trees' names so far, of this file and others: one that is there again would be learned again, or
/// measured on after it was learned.</param>
internal sealed class ChatFileReader(string path, ChatOptions options, bool strict, HashSet<string> known)
{
    private readonly List<ChatTree> _trees = [];
    private readonly SkippedRows _skipped = new() { Place = ChatRows.IsArray(path) ? "element" : "line" };
    private readonly TreePruner _pruner = new(options.Language);
    private readonly MessageLinker _linker = new();

    /// <summary>Reads the file.</summary>
    /// <exception cref="DatasetException">It holds no conversation.</exception>
    public ChatFile Read()
    {
        ChatRows.Read(path, (number, row) => Try(number, () => ReadRow(number, row)), Reject);
        foreach (var (number, id, root) in _linker.Link(Reject))
            Try(number, () => AddTree(id, root));

        if (_trees.Count > 0)
            return new ChatFile(path, _trees, _skipped, _pruner.LeftOut);
        string[] reasons = [_skipped.Count > 0 ? $"; {_skipped}" : "", _pruner.LeftOut.Count > 0 ? $"; {_pruner.LeftOut}" : ""];
        throw new DatasetException($"'{path}' holds no conversation with an answer{string.Concat(reasons)}.");
    }

    private void ReadRow(int number, JsonElement row)
    {
        if (row.ValueKind != JsonValueKind.Object)
            throw new BadRowException("not an object");
        if (row.Optional("messages", JsonValueKind.Array) is { } messages)
            AddList(messages);
        else if (row.Optional("prompt", JsonValueKind.Object) is { } prompt)
            AddTree(row.OptionalText("message_tree_id") ?? prompt.OptionalText("message_id"), MessageReader.ReadTree(prompt));
        else if (row.OptionalText("text") is not null)
            _linker.Add(number, row);
        else
            throw new BadRowException("no 'messages', 'prompt' or 'text'");
    }

    private void AddList(JsonElement messages)
    {
        if (options.Language is not null)
            throw new BadRowException("a list of messages names no language");
        _trees.Add(new ChatTree([MessageListReader.Read(messages)]));
    }

    private void AddTree(string? id, TreeMessage root)
    {
        if (id is not null && !known.Add(id))
            throw new BadRowException($"tree {Printable.Quote(id)} is there twice");
        if (_pruner.Prune(root))
            _trees.Add(ThreadBuilder.Build(root, options.Threads));
    }

    private void Try(int number, Action read)
    {
        try
        {
            read();
        }
        catch (BadRowException exception)
        {
            Reject(number, exception.Message);
        }
    }

    private void Reject(int number, string reason)
    {
        if (strict)
            throw new DatasetException($"'{path}' {_skipped.Place} {number} is no conversation: {reason}.");
        _skipped.Add(number, reason);
    }
}
