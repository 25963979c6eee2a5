using System.Diagnostics.CodeAnalysis;
using VkSparseGrad.Training.Metrics;

namespace VkSparseGrad.ModelLoaders.Datasets;

/// <summary>The table of tasks.</summary>
public static class GlueTasks
{
    /// <summary>The Corpus of Linguistic Acceptability: is a sentence good English?</summary>
    public static GlueTask Cola { get; } = new()
    {
        Name = "CoLA",
        Train = new GlueFile("train.tsv", ["source", "label", "mark", "sentence"]),
        Dev = new GlueFile("dev.tsv", ["source", "label", "mark", "sentence"]),
        Test = new GlueFile("test.tsv"),
        Text = "sentence",
        Label = "label",
        LabelWords = ["0", "1"],
        Metrics = [Metric.MatthewsCorrelation, Metric.Accuracy],
    };

    /// <summary>The Stanford Sentiment Treebank, two classes: is a phrase of a film review positive?</summary>
    public static GlueTask Sst2 { get; } = new()
    {
        Name = "SST-2",
        Train = new GlueFile("train.tsv"),
        Dev = new GlueFile("dev.tsv"),
        Test = new GlueFile("test.tsv"),
        Text = "sentence",
        Label = "label",
        LabelWords = ["0", "1"],
        Metrics = [Metric.Accuracy],
    };

    /// <summary>Every task.</summary>
    public static IReadOnlyList<GlueTask> All { get; } = [Cola, Sst2];

    /// <summary>Looks a task up by name, whatever its case and with or without hyphens.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out GlueTask? task)
    {
        task = All.FirstOrDefault(candidate => string.Equals(Bare(candidate.Name), Bare(name), StringComparison.OrdinalIgnoreCase));
        return task is not null;
    }

    private static string Bare(string name) => name.Replace("-", "", StringComparison.Ordinal);
}
