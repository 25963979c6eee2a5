using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Evaluate;
using VkSparseGrad.Cli.Output;
using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Cli.Tasks;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;

namespace VkSparseGrad.Cli.Predict;

/// <summary>Predicts with a trained model: checks, predictions, files.</summary>
internal sealed class PredictRun(InferenceSettings settings, Terminal terminal, CancellationToken cancellation)
{
    private const string FileEnding = ".tsv";

    /// <summary>Does the run; nothing is written before all predictions are there.</summary>
    public void Execute()
    {
        using ModelCheckpoint checkpoint = TrainedModel.OpenCheckpoint(settings);
        TaskTokenizer tokenizer = TaskTokenizer.Load(checkpoint, settings.MaxLength, settings.LiteralSpecialTokens);
        string[] outputs = Outputs(settings.Output!);
        foreach (string output in outputs)
            OutputFile.Check(output, settings.Overwrite, settings.InputFiles);
        GlueDataset[] data = settings.Load(labelled: false);
        TokenizedSplit[] files = [.. data.Select(tokenizer.Tokenize)];
        Preamble.TellFiles(terminal, files, tokenizer.MaxLength);
        using ModelOnDevice<Classifier> loaded = TrainedModel.Load(settings, checkpoint, terminal);
        Preamble.TellDevice(terminal, loaded.Device);
        var scorer = new Scorer(settings.Task, settings.BatchSize, ProgressDisplay.Of(terminal), cancellation);
        float[][] predictions = [.. files.Select(file => scorer.Predict($"predictions, {file.File.Name}", loaded.Model, file))];
        for (int i = 0; i < data.Length; i++)
        {
            OutputFile.MakeFolder(outputs[i]);
            GluePredictions.Save(outputs[i], settings.Task, data[i].Examples, predictions[i]);
            terminal.Output.WriteLine($"{Text.Count(predictions[i].Length)} predictions are in {Path.GetFullPath(outputs[i])}");
        }
    }

    /// <summary>Where the predictions of each file go.</summary>
    private string[] Outputs(string output)
    {
        IReadOnlyList<GlueFile> files = settings.Files;
        if (Directory.Exists(output) || !output.EndsWith(FileEnding, StringComparison.OrdinalIgnoreCase))
            return [.. files.Select(file => Path.Combine(output, GluePredictions.FileName(settings.Task, file)))];
        return files.Count == 1
            ? [output]
            : throw new ArgumentException(
                $"--output {output} is one file, but {string.Join(" and ", files.Select(file => file.Name))} are read; name a folder, or one of them with --file.");
    }
}
