using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Tokenizers;
using VkSparseGrad.Models;

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

        WordPieceTokenizer tokenizer = WordPieceTokenizer.Load(settings.Model);
        if (tokenizer.Vocabulary.Count > config.VocabularySize)
        {
            throw new ModelFolderException(
                $"{settings.Model}: vocab.txt has {tokenizer.Vocabulary.Count} tokens, but the model has {config.VocabularySize} word embeddings; the files do not belong together");
        }

        int maxLength = settings.MaxLength ?? Math.Min(TrainSettings.DefaultMaxLength, config.MaxPositions);
        TokenizedSplit Split(GlueSplit split, int? maxRows) =>
            TokenizedSplit.Of(GlueDataset.Load(settings.Data, settings.Task, split, maxRows), tokenizer, maxLength);
        return new TaskData(Split(GlueSplit.Train, settings.MaxTrainRows), Split(GlueSplit.Dev, settings.MaxEvalRows), maxLength);
    }
}
