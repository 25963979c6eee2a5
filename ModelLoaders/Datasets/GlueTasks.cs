using System.Diagnostics.CodeAnalysis;
using VkSparseGrad.Training.Metrics;

namespace VkSparseGrad.ModelLoaders.Datasets;

/// <summary>The table of tasks: the nine of GLUE (Wang et al., ICLR 2019), in the layout of the benchmark's files.</summary>
public static class GlueTasks
{
    private static readonly string[] ZeroOne = ["0", "1"];

    private static readonly string[] Entailment = ["entailment", "not_entailment"];

    /// <summary>The Corpus of Linguistic Acceptability: is a sentence good English?</summary>
    public static GlueTask Cola { get; } = new()
    {
        Name = "CoLA",
        Train = new GlueFile("train.tsv", ["source", "label", "mark", "sentence"]),
        Dev = [new GlueFile("dev.tsv", ["source", "label", "mark", "sentence"])],
        Text = "sentence",
        Label = "label",
        LabelWords = ZeroOne,
        Metrics = [Metric.MatthewsCorrelation, Metric.Accuracy],
    };

    /// <summary>The Stanford Sentiment Treebank, two classes: is a phrase of a film review positive?</summary>
    public static GlueTask Sst2 { get; } = new()
    {
        Name = "SST-2",
        Text = "sentence",
        Label = "label",
        LabelWords = ZeroOne,
        Metrics = [Metric.Accuracy],
    };

    /// <summary>Microsoft's Research Paraphrase Corpus: do two sentences of the news say the same?</summary>
    public static GlueTask Mrpc { get; } = new()
    {
        Name = "MRPC",
        Text = "#1 String",
        Pair = "#2 String",
        Label = "Quality",
        LabelWords = ZeroOne,
        Metrics = [Metric.F1, Metric.Accuracy],
    };

    /// <summary>Quora Question Pairs: do two questions ask the same?</summary>
    /// <remarks>Its cells came out of a CSV file and keep that format's quotes, single and doubled; the benchmark's own readers
    /// leave them in the text, and so does this one.</remarks>
    public static GlueTask Qqp { get; } = new()
    {
        Name = "QQP",
        Index = "id",
        Text = "question1",
        Pair = "question2",
        Label = "is_duplicate",
        LabelWords = ZeroOne,
        Metrics = [Metric.F1, Metric.Accuracy],
        SkipsUnreadableLabels = true,
    };

    /// <summary>The Semantic Textual Similarity Benchmark: how much alike are two sentences, from 0 to 5?</summary>
    public static GlueTask Stsb { get; } = new()
    {
        Name = "STS-B",
        Text = "sentence1",
        Pair = "sentence2",
        Label = "score",
        LabelWords = [],
        Metrics = [Metric.Pearson, Metric.Spearman],
    };

    /// <summary>Multi-Genre Natural Language Inference: does a text entail a sentence, contradict it, or neither? The matched
    /// files are of the training split's genres, the mismatched ones of others.</summary>
    /// <remarks>The corpus writes <c>-</c> as the label of a pair that its judges disagreed about.</remarks>
    public static GlueTask Mnli { get; } = new()
    {
        Name = "MNLI",
        Dev = [Matched("dev_matched.tsv"), Mismatched("dev_mismatched.tsv")],
        Test = [Matched("test_matched.tsv"), Mismatched("test_mismatched.tsv")],
        Text = "sentence1",
        Pair = "sentence2",
        Label = "gold_label",
        LabelWords = ["entailment", "neutral", "contradiction"],
        Metrics = [Metric.Accuracy],
        SkipsUnreadableLabels = true,
    };

    /// <summary>Question-answering Natural Language Inference: does a sentence hold the answer to a question?</summary>
    public static GlueTask Qnli { get; } = new()
    {
        Name = "QNLI",
        Text = "question",
        Pair = "sentence",
        Label = "label",
        LabelWords = Entailment,
        Metrics = [Metric.Accuracy],
    };

    /// <summary>Recognizing Textual Entailment: does a text entail a sentence?</summary>
    public static GlueTask Rte { get; } = new()
    {
        Name = "RTE",
        Text = "sentence1",
        Pair = "sentence2",
        Label = "label",
        LabelWords = Entailment,
        Metrics = [Metric.Accuracy],
    };

    /// <summary>Winograd Natural Language Inference: does a text entail a sentence that names what one of its pronouns stands for?</summary>
    public static GlueTask Wnli { get; } = new()
    {
        Name = "WNLI",
        Text = "sentence1",
        Pair = "sentence2",
        Label = "label",
        LabelWords = ZeroOne,
        Metrics = [Metric.Accuracy],
    };

    /// <summary>Every task.</summary>
    public static IReadOnlyList<GlueTask> All { get; } = [Cola, Sst2, Mrpc, Qqp, Stsb, Mnli, Qnli, Rte, Wnli];

    /// <summary>Looks a task up by name, whatever its case and with or without hyphens.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out GlueTask? task)
    {
        task = All.FirstOrDefault(candidate => string.Equals(Bare(candidate.Name), Bare(name), StringComparison.OrdinalIgnoreCase));
        return task is not null;
    }

    private static GlueFile Matched(string name) => new(name) { SubmissionSuffix = "-m" };

    private static GlueFile Mismatched(string name) => new(name) { MetricSuffix = "_mismatched", SubmissionSuffix = "-mm" };

    private static string Bare(string name) => name.Replace("-", "", StringComparison.Ordinal);
}
