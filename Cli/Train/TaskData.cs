using VkSparseGrad.Cli.Tasks;
using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>The two splits of a run, as token ids.</summary>
internal sealed class TaskData
{
    private TaskData(TokenizedSplit train, IReadOnlyList<TokenizedSplit> dev, int maxLength)
    {
        Train = train;
        Dev = dev;
        MaxLength = maxLength;
    }

    public TokenizedSplit Train { get; }

    /// <summary>One for each file of the split.</summary>
    public IReadOnlyList<TokenizedSplit> Dev { get; }

    /// <summary>Most tokens of an example.</summary>
    public int MaxLength { get; }

    /// <summary>Reads and tokenizes both splits.</summary>
    public static TaskData Load(TrainSettings settings, ModelCheckpoint checkpoint)
    {
        TaskTokenizer tokenizer = TaskTokenizer.Load(checkpoint, settings.MaxLength, settings.LiteralSpecialTokens);
        GlueTask task = settings.Task;
        GlueFile trainFile = settings.TrainFile is string train ? task.File(GlueSplit.Train, train) : task.Train;
        IReadOnlyList<GlueFile> devFiles = settings.DevFile is string dev ? [task.File(GlueSplit.Dev, dev)] : task.Dev;
        GlueDataset rows = Read(settings, trainFile, settings.ShuffleRows ? null : settings.MaxTrainRows);
        return new TaskData(
            tokenizer.Tokenize(rows, ChosenRows(rows, settings)),
            [.. devFiles.Select(file => tokenizer.Tokenize(Read(settings, file, settings.MaxEvalRows)))], tokenizer.MaxLength);
    }

    private static GlueDataset Read(TrainSettings settings, GlueFile file, int? maxRows) =>
        GlueDataset.Load(settings.Data, settings.Task, file, labelled: true, maxRows, settings.StrictData);

    private static IEnumerable<GlueExample> ChosenRows(GlueDataset train, TrainSettings settings)
    {
        if (!settings.ShuffleRows)
            return train.Examples;

        // Another order than that of any epoch, which would make the choice and the order depend on each other.
        int[] order = EpochShuffle.Order(train.Examples.Count, ~settings.Training.Seed, 0);
        return order.Take(settings.MaxTrainRows ?? order.Length).Select(index => train.Examples[index]);
    }
}
