using System.Text.Json;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>Typed and bounded access to the keys of a <c>config.json</c>. A null counts as absent.</summary>
internal readonly struct ConfigFields(string path, JsonElement root)
{
    /// <summary>An integer of at least 1; a key without <paramref name="absent"/> is required.</summary>
    public int Positive(string key, int? absent = null, int most = int.MaxValue)
    {
        if (!TryGet(key, out JsonElement value))
            return absent ?? throw Error($"{key} is missing");
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= 1 && number <= most
            ? number
            : throw Error($"{key} is {Show(value)}, expected an integer from 1 to {most}");
    }

    /// <summary>An integer of at least 0; a key without <paramref name="absent"/> is required.</summary>
    public int NonNegative(string key, int most, int? absent = null)
    {
        if (absent is { } otherwise && IsAbsent(key))
            return otherwise;
        JsonElement value = Required(key);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= 0 && number <= most
            ? number
            : throw Error($"{key} is {Show(value)}, expected an integer from 0 to {most}");
    }

    public float PositiveFloat(string key, float absent)
    {
        if (!TryGet(key, out JsonElement value))
            return absent;
        return value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float number) && number > 0 && float.IsFinite(number)
            ? number
            : throw Error($"{key} is {Show(value)}, expected a number above 0");
    }

    /// <summary>A number from 0 to below 1.</summary>
    public float Probability(string key, float absent)
    {
        if (!TryGet(key, out JsonElement value))
            return absent;
        return value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float number) && number is >= 0 and < 1
            ? number
            : throw Error($"{key} is {Show(value)}, expected a number from 0 to below 1");
    }

    /// <summary>The number of entries of an object; null if the key is absent or the object empty.</summary>
    public int? Count(string key)
    {
        if (!TryGet(key, out JsonElement value))
            return null;
        if (value.ValueKind != JsonValueKind.Object)
            throw Error($"{key} is {Show(value)}, expected an object");
        int count = value.EnumerateObject().Count();
        return count == 0 ? null : count;
    }

    /// <summary>A string, which must be there.</summary>
    public string Text(string key)
    {
        JsonElement value = Required(key);
        return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Error($"{key} is {Show(value)}, expected a string");
    }

    /// <summary>A string, or null if it is absent.</summary>
    public string? TextOrNull(string key) => IsAbsent(key) ? null : Text(key);

    /// <summary>A number above 0, which must be there.</summary>
    public double PositiveNumber(string key)
    {
        JsonElement value = Required(key);
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number > 0 && double.IsFinite(number)
            ? number
            : throw Error($"{key} is {Show(value)}, expected a number above 0");
    }

    /// <summary>A number above 0.</summary>
    public double PositiveNumber(string key, double absent) => IsAbsent(key) ? absent : PositiveNumber(key);

    /// <summary>True or false.</summary>
    public bool Flag(string key, bool absent)
    {
        if (!TryGet(key, out JsonElement value))
            return absent;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Error($"{key} is {Show(value)}, expected true or false");
    }

    /// <summary>An object of keys of its own, or null if it is absent.</summary>
    public ConfigFields? ObjectOrNull(string key)
    {
        if (!TryGet(key, out JsonElement value))
            return null;
        return value.ValueKind == JsonValueKind.Object ? new ConfigFields($"{path}: {key}", value) : throw Error($"{key} is {Show(value)}, expected an object");
    }

    /// <summary>Token ids: a number or an array of them. Null and -1 are none, and so is an absent key without
    /// <paramref name="absent"/>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="vocabulary">Ids are below.</param>
    /// <param name="absent">The id that a configuration without the key has.</param>
    public IReadOnlyList<int> TokenIds(string key, int vocabulary, int? absent = null)
    {
        if (!root.TryGetProperty(key, out JsonElement value))
            return absent is { } id ? [id] : [];
        if (value.ValueKind == JsonValueKind.Null)
            return [];
        var ids = new List<int>();
        foreach (JsonElement item in value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [value])
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out int number) || number < -1 || number >= vocabulary)
                throw Error($"{key} is {Show(item)}, expected a token of the {vocabulary} that vocab_size counts");
            if (number >= 0)
                ids.Add(number);
        }

        return ids;
    }

    /// <summary>A token id, or null for none.</summary>
    /// <inheritdoc cref="TokenIds"/>
    public int? TokenId(string key, int vocabulary, int? absent = null)
    {
        IReadOnlyList<int> ids = TokenIds(key, vocabulary, absent);
        return ids.Count > 1 ? throw Error($"{key} is an Array, expected one token") : ids.Count == 1 ? ids[0] : null;
    }

    public bool IsAbsent(string key) => !TryGet(key, out _);

    public bool IsArray(string key) => TryGet(key, out JsonElement value) && value.ValueKind == JsonValueKind.Array;

    /// <summary>The strings of an array, which must be there.</summary>
    public IEnumerable<string> Texts(string key)
    {
        JsonElement value = Required(key);
        if (value.ValueKind != JsonValueKind.Array)
            throw Error($"{key} is {Show(value)}, expected an array");
        foreach (JsonElement item in value.EnumerateArray())
            yield return item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Error($"{key} holds {Show(item)}, expected strings");
    }

    /// <summary>The entries of an object of objects, which must be there.</summary>
    public IEnumerable<(string Name, ConfigFields Fields)> Objects(string key)
    {
        JsonElement value = Required(key);
        if (value.ValueKind != JsonValueKind.Object)
            throw Error($"{key} is {Show(value)}, expected an object");
        foreach (JsonProperty property in value.EnumerateObject())
        {
            string name = Safetensors.Printable.Quote(property.Name);
            if (property.Value.ValueKind != JsonValueKind.Object)
                throw Error($"{key} entry {name} is {Show(property.Value)}, expected an object");
            yield return (property.Name, new ConfigFields($"{path}: {key} entry {name}", property.Value));
        }
    }

    public void RequireText(string key, string only)
    {
        if (TryGet(key, out JsonElement value) && !(value.ValueKind == JsonValueKind.String && value.ValueEquals(only)))
            throw Error($"{key} is {Show(value)}; only \"{only}\" is supported here");
    }

    /// <summary>One of a few texts; the first where the key is absent.</summary>
    public string OneOf(string key, params ReadOnlySpan<string> known)
    {
        if (!TryGet(key, out JsonElement value))
            return known[0];
        string? text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return text is not null && known.Contains(text)
            ? text
            : throw Error($"{key} is {Show(value)}; only \"{string.Join("\" and \"", known!)}\" are supported here");
    }

    public void RequireFalse(string key)
    {
        if (TryGet(key, out JsonElement value) && value.ValueKind != JsonValueKind.False)
            throw Error($"{key} is {Show(value)}; only false is supported here");
    }

    /// <summary>Refuses a number other than 0.</summary>
    public void RequireZero(string key)
    {
        if (TryGet(key, out JsonElement value) && !(value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number == 0))
            throw Error($"{key} is {Show(value)}; only 0 is supported here");
    }

    /// <summary>Refuses a key that asks for anything: it may be absent, false, or an empty array or object.</summary>
    public void RequireNone(string key)
    {
        if (!TryGet(key, out JsonElement value))
            return;
        bool isNone = value.ValueKind switch
        {
            JsonValueKind.False => true,
            JsonValueKind.Array => value.GetArrayLength() == 0,
            JsonValueKind.Object => value.GetPropertyCount() == 0,
            _ => false,
        };
        if (!isNone)
            throw Error($"{key} is {Show(value)}; that is not supported here");
    }

    private JsonElement Required(string key) => TryGet(key, out JsonElement value) ? value : throw Error($"{key} is missing");

    private bool TryGet(string key, out JsonElement value) =>
        root.TryGetProperty(key, out value) && value.ValueKind != JsonValueKind.Null;

    // Raw JSON is one line unless it is an array or object, which no key here may be.
    private static string Show(JsonElement value) =>
        value.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? $"an {value.ValueKind}" : Safetensors.Printable.Quote(value.GetRawText());

    /// <summary>What is wrong with the file.</summary>
    public ModelFolderException Error(string problem) => new(path, problem);
}
