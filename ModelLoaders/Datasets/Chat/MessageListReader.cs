using System.Text.Json;

namespace VkSparseGrad.ModelLoaders.Datasets.Chat;

/// <summary>Reads a conversation that is a list of messages: <c>{"messages": [{"role": "user", "content": "..."}, ...]}</c>.</summary>
internal static class MessageListReader
{
    /// <summary>Reads the list. A system message may come first, then user and assistant in turn; what the user says last is dropped.</summary>
    /// <exception cref="BadRowException">A field is missing or wrong, or the messages come in another order.</exception>
    public static Conversation Read(JsonElement messages)
    {
        string? system = null;
        string? user = null;
        var turns = new List<ChatTurn>();
        var number = 0;
        foreach (var message in messages.EnumerateArray())
        {
            number++;
            if (message.ValueKind != JsonValueKind.Object)
                throw new BadRowException($"message {number} is not an object");
            var (role, text) = (message.RequiredText("role"), message.RequiredText("content"));
            if (role == "system" && number == 1)
            {
                system = string.IsNullOrWhiteSpace(text) ? null : text;
                continue;
            }

            if (role == "system")
                throw new BadRowException($"message {number} is the system's, which may only be the first");
            if (string.IsNullOrWhiteSpace(text))
                throw new BadRowException($"message {number} has no text");
            if (MessageReader.Role(role) == ChatRole.User)
            {
                user = user is null ? text : throw new BadRowException($"message {number} is the user's, as is the one before");
                continue;
            }

            turns.Add(new ChatTurn(user ?? throw new BadRowException($"message {number} answers none of the user's"), text));
            user = null;
        }

        return turns.Count > 0 ? new Conversation(system, turns) : throw new BadRowException("no answer");
    }
}
