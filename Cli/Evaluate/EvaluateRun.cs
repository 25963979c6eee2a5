using Spectre.Console;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Output;
using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Cli.Tasks;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;

namespace VkSparseGrad.Cli.Evaluate;

/// <summary>Scores a trained model: checks, predictions, scores.</summary>
internal sealed class EvaluateRun(InferenceSettings settings, Terminal terminal, CancellationToken cancellation)
{
    /// <summary>Does the run; the scores are printed, and in the output file if one was asked for.</summary>
    public void Execute()
    {
        using ModelCheckpoint checkpoint = TrainedModel.OpenCheckpoint(settings);
        TaskTokenizer tokenizer = TaskTokenizer.Load(checkpoint, settings.MaxLength, settings.LiteralSpecialTokens);
        TokenizedSplit[] files = [.. Load().Select(tokenizer.Tokenize)];
        if (settings.Output is not null)
            OutputFile.Check(settings.Output, settings.Overwrite, settings.InputFiles);
        Preamble.TellFiles(terminal, files, tokenizer.MaxLength);
        using ModelOnDevice<Classifier> loaded = TrainedModel.Load(settings, checkpoint, terminal);
        Preamble.TellDevice(terminal, loaded.Device);
        var scorer = new Scorer(settings.Task, settings.BatchSize, ProgressDisplay.Of(terminal), cancellation);
        IReadOnlyList<(string Metric, double? Score)> scores = scorer.Score("evaluation", loaded.Model, files);
        if (settings.Output is not null)
            ScoresFile.Write(settings, files, tokenizer.MaxLength, scores, loaded.Device);
        Print(scores);
    }

    private GlueDataset[] Load()
    {
        try
        {
            return settings.Load(labelled: true);
        }
        catch (DatasetException exception) when (exception.LacksLabels)
        {
            throw new DatasetException($"{exception.Message} Without labels there is no score; 'vksparsegrad predict' writes predictions.", exception);
        }
    }

    private void Print(IReadOnlyList<(string Metric, double? Score)> scores)
    {
        Table table = new Table().AddColumns("Metric", "Score");
        foreach ((string metric, double? score) in scores)
            table.AddRow(metric, Text.Score(score));
        terminal.Console.Write(table);
    }
}
