namespace VkSparseGrad.Models.Llama;

/// <summary>Texts for a language model to learn from, computed together. Attention stays within each text.</summary>
/// <param name="Texts">At least one, none empty.</param>
public sealed record TextBlock(IReadOnlyList<LearnedText> Texts)
{
    /// <summary>Tokens of all texts.</summary>
    public int Tokens => Texts.Sum(text => text.Ids.Length);

    /// <summary>Tokens that are predicted, which is what a loss is the mean over.</summary>
    public int Predicted => Texts.Sum(text => text.Predicted);
}

/// <summary>One text as token ids.</summary>
/// <param name="Ids">Token ids, the special tokens included.</param>
/// <param name="IsLearned">As long as the ids: whether the token is to be predicted, from those in front of it. The first one's is
/// without meaning, as nothing stands in front of it.</param>
public sealed record LearnedText(int[] Ids, bool[] IsLearned)
{
    /// <summary>A text whose every token is predicted.</summary>
    public static LearnedText Whole(int[] ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var all = new bool[ids.Length];
        Array.Fill(all, true);
        return new LearnedText(ids, all);
    }

    /// <summary>Tokens that are predicted.</summary>
    public int Predicted => IsLearned.Skip(1).Count(learned => learned);
}
