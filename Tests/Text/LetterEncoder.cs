using VkSparseGrad.ModelLoaders.Tokenizers;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.Tests.Text;

/// <summary>One id for every so many letters, so that ids can be shown as the text they are of.</summary>
internal sealed class LetterEncoder(int lettersPerId = 1, string prefix = "") : ITextEncoder
{
    private readonly List<string> _words = ["{", "}"];
    private readonly Dictionary<string, int> _ids = [];

    public int BeginId => 0;

    public int EndId => 1;

    public int[] EncodeText(string text, bool addBegin, bool addEnd)
    {
        var ids = new List<int>();
        if (addBegin)
            ids.Add(BeginId);
        foreach (var word in (prefix + text).Chunk(lettersPerId))
            ids.Add(Id(new string(word)));
        if (addEnd)
            ids.Add(EndId);
        return [.. ids];
    }

    /// <summary>A text with <c>{</c> for its beginning and <c>}</c> for its end.</summary>
    public string Show(LearnedText text) => string.Concat(text.Ids.Select(id => _words[id]));

    /// <summary>The learned tokens, with one dot for those between.</summary>
    public string ShowLearned(LearnedText text)
    {
        var shown = new System.Text.StringBuilder();
        for (var index = 0; index < text.Ids.Length; index++)
        {
            if (text.IsLearned[index])
                shown.Append(_words[text.Ids[index]]);
            else if (shown.Length == 0 || shown[^1] != '.')
                shown.Append('.');
        }

        return shown.ToString();
    }

    private int Id(string word)
    {
        if (_ids.TryGetValue(word, out var id))
            return id;
        _ids.Add(word, _words.Count);
        _words.Add(word);
        return _words.Count - 1;
    }
}
