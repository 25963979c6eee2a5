using VkSparseGrad.Cli.Train;
using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Tokenizers;
using VkSparseGrad.Models;

namespace VkSparseGrad.Cli.Tasks;

/// <summary>A model's tokenizer, and how long its texts may be.</summary>
/// <param name="Tokenizer">The tokenizer.</param>
/// <param name="MaxLength">Most tokens of an example.</param>
internal sealed record TaskTokenizer(TextTokenizer Tokenizer, int MaxLength)
{
    /// <summary>Loads a model folder's tokenizer.</summary>
    /// <param name="checkpoint">The model.</param>
    /// <param name="maxLength">Most tokens of an example; null takes the default, or what the model has positions for if that is less.</param>
    /// <param name="literalSpecialTokens">Whether a special token's name in a text is plain text and not that token.</param>
    public static TaskTokenizer Load(ModelCheckpoint checkpoint, int? maxLength, bool literalSpecialTokens)
    {
        (string model, ModelSizes sizes) = (checkpoint.Folder, checkpoint.Sizes);
        if (maxLength > sizes.LongestSequence)
            throw new ArgumentException($"--max-length is {maxLength}, but the model has {sizes.LongestSequence} positions; give at most that.");

        TextTokenizer tokenizer = checkpoint switch
        {
            LlamaCheckpoint => LlamaTokenizer.Load(model, matchSpecialTokensInText: !literalSpecialTokens),
            BertCheckpoint { Config.Family: BertFamily.Roberta } => ByteLevelBpeTokenizer.Load(model, matchSpecialTokensInText: !literalSpecialTokens),
            _ => WordPieceTokenizer.Load(model, matchSpecialTokensInText: !literalSpecialTokens),
        };
        tokenizer.RequireFits(model, sizes.Vocabulary);
        int longest = maxLength ?? Math.Min(TrainSettings.DefaultMaxLength, sizes.LongestSequence);
        if (longest < tokenizer.ShortestPair)
            throw new ArgumentException($"--max-length is {longest}, which has no room for this model's special tokens; give at least {tokenizer.ShortestPair}.");
        return new TaskTokenizer(tokenizer, longest);
    }

    /// <summary>Tokenizes a dataset.</summary>
    public TokenizedSplit Tokenize(GlueDataset dataset) => Tokenize(dataset, dataset.Examples);

    /// <summary>Tokenizes rows of a dataset.</summary>
    public TokenizedSplit Tokenize(GlueDataset dataset, IEnumerable<GlueExample> rows) =>
        TokenizedSplit.Of(dataset, rows, Tokenizer, MaxLength);
}
