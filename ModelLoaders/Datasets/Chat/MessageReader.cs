using System.Text.Json;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.Datasets.Chat;

/// <summary>Reads messages as OpenAssistant's export has them: https://github.com/LAION-AI/Open-Assistant, <c>oasst-data</c>.</summary>
internal static class MessageReader
{
    /// <summary>Reads a message and the replies nested in it.</summary>
    /// <exception cref="BadRowException">A field is missing or wrong, or the thread too long.</exception>
    public static TreeMessage ReadTree(JsonElement row, int depth = 1)
    {
        if (depth > TreeMessage.MaxDepth)
            throw new BadRowException($"a thread has more than {TreeMessage.MaxDepth} messages");
        if (row.ValueKind != JsonValueKind.Object)
            throw new BadRowException("a message is not an object");
        var message = ReadSingle(row);
        if (row.Optional("replies", JsonValueKind.Array) is { } replies)
            message.Replies.AddRange(replies.EnumerateArray().Select(reply => ReadTree(reply, depth + 1)));
        return message;
    }

    /// <summary>Reads a message without its replies.</summary>
    /// <exception cref="BadRowException">A field is missing or wrong.</exception>
    public static TreeMessage ReadSingle(JsonElement row) => new()
    {
        Text = row.RequiredText("text"),
        Role = Role(row.RequiredText("role")),
        Language = row.OptionalText("lang"),
        IsDeleted = row.OptionalFlag("deleted") ?? false,
        IsRejected = row.OptionalFlag("review_result") == false,
        Rank = row.OptionalNumber("rank"),
    };

    /// <summary>Reads a role; OpenAssistant's <c>prompter</c> is the others' <c>user</c>.</summary>
    /// <exception cref="BadRowException">It is none of these.</exception>
    public static ChatRole Role(string name) => name switch
    {
        "prompter" or "user" => ChatRole.User,
        "assistant" => ChatRole.Assistant,
        _ => throw new BadRowException($"role {Printable.Quote(name)}"),
    };
}
