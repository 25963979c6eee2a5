using System.Text.Json;

namespace VkSparseGrad.ModelLoaders.Datasets.Chat;

/// <summary>Reads fields of a row; one that is null counts as missing.</summary>
internal static class JsonFields
{
    /// <summary>A field, or null where it is missing.</summary>
    /// <exception cref="BadRowException">It has another type.</exception>
    public static JsonElement? Optional(this JsonElement row, string name, JsonValueKind kind)
    {
        if (!row.TryGetProperty(name, out var field) || field.ValueKind == JsonValueKind.Null)
            return null;
        return field.ValueKind == kind ? field : throw new BadRowException($"'{name}' is not {Name(kind)}");
    }

    /// <summary>A field.</summary>
    /// <exception cref="BadRowException">It is missing or has another type.</exception>
    public static JsonElement Required(this JsonElement row, string name, JsonValueKind kind) =>
        row.Optional(name, kind) ?? throw new BadRowException($"'{name}' is missing");

    /// <summary>A text, or null where it is missing.</summary>
    /// <exception cref="BadRowException">It is none.</exception>
    public static string? OptionalText(this JsonElement row, string name) => row.Optional(name, JsonValueKind.String) is { } field ? Text(field, name) : null;

    /// <summary>A text.</summary>
    /// <exception cref="BadRowException">It is missing or none.</exception>
    public static string RequiredText(this JsonElement row, string name) => Text(row.Required(name, JsonValueKind.String), name);

    /// <summary>A truth value, or null where it is missing.</summary>
    /// <exception cref="BadRowException">It is none.</exception>
    public static bool? OptionalFlag(this JsonElement row, string name)
    {
        if (!row.TryGetProperty(name, out var field) || field.ValueKind == JsonValueKind.Null)
            return null;
        return field.ValueKind is JsonValueKind.True or JsonValueKind.False ? field.GetBoolean() : throw new BadRowException($"'{name}' is not true or false");
    }

    /// <summary>A number, or null where it is missing.</summary>
    /// <exception cref="BadRowException">It is none.</exception>
    public static double? OptionalNumber(this JsonElement row, string name) => row.Optional(name, JsonValueKind.Number)?.GetDouble();

    private static string Text(JsonElement field, string name)
    {
        try
        {
            return field.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // An escape such as \ud800 without its second half: valid JSON, and no text.
            throw new BadRowException($"'{name}' has half a surrogate pair");
        }
    }

    private static string Name(JsonValueKind kind) => kind switch
    {
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
