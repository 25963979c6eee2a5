using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Tokenizers;
using VkSparseGrad.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>The two splits of a run, as token ids.</summary>
internal sealed class TaskData
{
    private TaskData(TokenizedSplit train, TokenizedSplit dev, int maxLength)
    {
        Train = train;
        Dev = dev;
        MaxLength = maxLength;
    }

    public TokenizedSplit Train { get; }

    public TokenizedSplit Dev { get; }

    /// <summary>Most tokens of a text.</summary>
    public int MaxLength { get; }

    /// <summary>Reads and tokenizes both splits.</summary>
    public static TaskData Load(TrainSettings settings, BertConfig config)
    {
        if (settings.MaxLength > config.MaxPositions)
            throw new ArgumentException($"--max-length is {settings.MaxLength}, but the model has {config.MaxPositions} positions; give at most that.");

        WordPieceTokenizer tokenizer = WordPieceTokenizer.Load(settings.Model, matchSpecialTokensInText: !settings.LiteralSpecialTokens);
        if (tokenizer.Vocabulary.Count > config.VocabularySize)
        {
            throw new ModelFolderException(
                $"{settings.Model}: vocab.txt has {tokenizer.Vocabulary.Count} tokens, but the model has {config.VocabularySize} word embeddings; the files do not belong together");
        }

        int maxLength = settings.For(config).MaxLength!.Value;
        GlueDataset train = GlueDataset.Load(
            settings.Data, settings.Task, GlueSplit.Train, settings.ShuffleRows ? null : settings.MaxTrainRows);
        GlueDataset dev = GlueDataset.Load(settings.Data, settings.Task, GlueSplit.Dev, settings.MaxEvalRows);
        return new TaskData(
            TokenizedSplit.Of(train, ChosenRows(train, settings), tokenizer, maxLength),
            TokenizedSplit.Of(dev, dev.Examples, tokenizer, maxLength), maxLength);
    }

    private static IEnumerable<GlueExample> ChosenRows(GlueDataset train, TrainSettings settings)
    {
        if (!settings.ShuffleRows)
            return train.Examples;

        // Another order than that of any epoch, which would make the choice and the order depend on each other.
        int[] order = EpochShuffle.Order(train.Examples.Count, ~settings.Training.Seed, 0);
        return order.Take(settings.MaxTrainRows ?? order.Length).Select(index => train.Examples[index]);
    }
}
