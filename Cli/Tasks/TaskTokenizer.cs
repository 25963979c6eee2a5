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
    /// <param name="model">The folder.</param>
    /// <param name="config">The model's dimensions.</param>
    /// <param name="maxLength">Most tokens of an example; null takes the default, or what the model has positions for if that is less.</param>
    /// <param name="literalSpecialTokens">Whether a special token's name in a text is plain text and not that token.</param>
    public static TaskTokenizer Load(string model, BertConfig config, int? maxLength, bool literalSpecialTokens)
    {
        if (maxLength > config.LongestSequence)
            throw new ArgumentException($"--max-length is {maxLength}, but the model has {config.LongestSequence} positions; give at most that.");

        TextTokenizer tokenizer = LlamaTokenizer.IsIn(model) ? LlamaTokenizer.Load(model, matchSpecialTokensInText: !literalSpecialTokens)
            : config.Family == BertFamily.Roberta ? ByteLevelBpeTokenizer.Load(model, matchSpecialTokensInText: !literalSpecialTokens)
            : WordPieceTokenizer.Load(model, matchSpecialTokensInText: !literalSpecialTokens);
        if (tokenizer.IdCount > config.VocabularySize)
        {
            throw new ModelFolderException(
                $"{model}: the vocabulary has {tokenizer.IdCount} tokens, but the model has {config.VocabularySize} word embeddings; the files do not belong together");
        }

        int longest = maxLength ?? Math.Min(TrainSettings.DefaultMaxLength, config.LongestSequence);
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
