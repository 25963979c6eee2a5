namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>What is written for each token.</summary>
internal sealed class TokenTexts
{
    // Ids may have large gaps.
    private readonly Dictionary<int, string> _texts;
    private readonly Dictionary<int, byte> _bytes;

    /// <param name="vocabulary">The tokens.</param>
    /// <param name="silent">Those for which nothing is written.</param>
    public TokenTexts(LlamaVocabulary vocabulary, IEnumerable<int> silent)
    {
        _texts = vocabulary.Ids.ToDictionary(item => item.Value, item => item.Key.Replace(SpaceMarks.Mark, ' '));
        _bytes = vocabulary.Bytes.Select((id, value) => (id, value)).ToDictionary(item => item.id, item => (byte)item.value);
        foreach (var id in silent)
            _texts.Remove(id);
    }

    /// <summary>The text of an id; empty for those that are silent or no token.</summary>
    public string this[int id] => _texts.GetValueOrDefault(id, "");

    /// <summary>The byte that an id stands for.</summary>
    public bool TryGetByte(int id, out byte value) => _bytes.TryGetValue(id, out value);
}
