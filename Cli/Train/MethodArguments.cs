using System.CommandLine;
using System.Globalization;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Layers;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>The options that say how the MLP weights are trained. Defaults are the library's.</summary>
/// <param name="trainsRest">Whether <c>--train</c> is <c>all</c> where it is not given, and not <c>mlp</c>.</param>
internal sealed class MethodArguments(bool trainsRest = true)
{
    private static readonly TrainingOptions Defaults = new();

    private static readonly Dictionary<string, LayerKind> Layers = new(StringComparer.Ordinal)
    {
        ["intermediate"] = LayerKind.Intermediate,
        ["output"] = LayerKind.Output,
        ["query"] = LayerKind.Query,
        ["key"] = LayerKind.Key,
        ["value"] = LayerKind.Value,
        ["attention-output"] = LayerKind.AttentionOutput,
        ["gate"] = LayerKind.Gate,
    };

    private readonly Option<string> train = Options.Choice(
        "--train", trainsRest ? "What is trained: all, or mlp for the MLP weights and the head (pooler and classifier) only." : "What is trained: all, or mlp for the MLP weights only.", ["all", "mlp"], trainsRest ? "all" : "mlp");

    private readonly Option<double?> fraction = Options.Number<double>(
        "--fraction", "SparseGrad and MeProp: share of each MLP weight's entries that a step updates.", "a number above 0 and at most 1",
        value => value is > 0 and <= 1, Defaults.Fraction);

    private readonly Option<int?> keptEntries = Options.Number<int>(
        "--kept-entries", "SparseGrad and MeProp: number of each MLP weight's entries that a step updates, in place of --fraction.",
        "a whole number from 1 on", value => value >= 1);

    private readonly Option<Selection> selection = new("--selection")
    {
        Description = "SparseGrad: how the entries are chosen. every-step: anew from all on every step. rows:R,refresh:N: on every step among R coordinates of the large side (a number such as 96, a share such as 0.125, or all), which are chosen on every N-th step; among more where they would not hold --fraction. refresh:N: on every N-th step.",
        HelpName = "every-step|rows:R,refresh:N|refresh:N",
        Arity = ArgumentArity.ExactlyOne,
        DefaultValueFactory = _ => Defaults.Selection,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (SelectionText.TryParse(text, out Selection? selection))
                return selection;
            result.AddError($"--selection is '{text}'; it must be {SelectionText.Forms}.");
            return null;
        },
    };

    private readonly Option<int?> preliminarySteps = Options.Number<int>(
        "--preliminary-steps", "SparseGrad: steps that only watch gradients, to find the basis.", "a whole number from 1 to 1000000",
        value => value is >= 1 and <= 1_000_000, Defaults.PreliminarySteps);

    private readonly Option<int?> loraRank = Options.Number<int>(
        "--lora-rank", $"LoRA: rank of the product that is added to a weight. [default: {Defaults.Lora.Rank}]", "a whole number from 1 to 65536", value => value is >= 1 and <= 65536);

    private readonly Option<double?> loraAlpha = Options.Number<double>(
        "--lora-alpha", "LoRA: the product is scaled by alpha / rank. [default: twice the rank]", "a number above 0",
        value => value > 0 && double.IsFinite(value));

    private readonly Option<double?> loraDropout = Options.Number<double>(
        "--lora-dropout", "LoRA: dropout on the product's input.", "a number from 0 to below 1", value => value is >= 0 and < 1, Defaults.Lora.Dropout);

    private readonly Option<LayerKind[]> loraTargets = new("--lora-targets")
    {
        Description = $"LoRA: the layers, with commas between: {string.Join(", ", Layers.Keys)}. [default: {TargetNames(Defaults.Lora.Targets)}]",
        HelpName = "names",
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            LayerKind[]? targets = ParseTargets(result.Tokens[0].Value, out string? unknown);
            if (unknown is not null)
                result.AddError($"--lora-targets '{unknown}' is not one of {string.Join(", ", Layers.Keys)}{NearestName.Suggestion(unknown, Layers.Keys)}");
            return targets;
        },
    };

    private readonly Option<bool> matchParameters = Options.Switch(
        "--match-parameters", "LoRA: choose the rank whose trained values in the MLP come nearest to those of --fraction or --kept-entries, in place of --lora-rank.");

    /// <summary>Every method's name on the command line, in the order of the tables.</summary>
    public static IReadOnlyList<string> Methods { get; } = ["full", "lora", "meprop", "sparsegrad", "bitfit", "frozen-mlp"];

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All =>
        [train, fraction, keptEntries, selection, preliminarySteps, loraRank, loraAlpha, loraDropout, loraTargets, matchParameters];

    /// <summary>A method's name on the command line.</summary>
    public static string Name(TrainingMethod method) => method switch
    {
        TrainingMethod.Full => "full",
        TrainingMethod.Lora => "lora",
        TrainingMethod.MeProp => "meprop",
        TrainingMethod.SparseGrad => "sparsegrad",
        TrainingMethod.BitFit => "bitfit",
        TrainingMethod.FrozenMlp => "frozen-mlp",
        _ => throw new ArgumentOutOfRangeException(nameof(method)),
    };

    /// <summary>The names of LoRA's layers on the command line.</summary>
    public static string TargetNames(IEnumerable<LayerKind> targets) =>
        string.Join(',', targets.Select(target => Layers.First(layer => layer.Value == target).Key));

    /// <summary>The layers of names with commas between, or null where there is another name among them.</summary>
    /// <param name="names">Such as <c>output,query</c>; a name given twice counts once.</param>
    /// <param name="unknown">The other name.</param>
    public static LayerKind[]? ParseTargets(string names, out string? unknown)
    {
        string[] all = names.Split(',');
        unknown = Array.Find(all, name => !Layers.ContainsKey(name));
        return unknown is null ? [.. all.Distinct().Select(name => Layers[name])] : null;
    }

    /// <summary>The method of this name, or null.</summary>
    public static TrainingMethod? Parse(string name) =>
        Enum.GetValues<TrainingMethod>().Cast<TrainingMethod?>().FirstOrDefault(method => Name(method!.Value) == name);

    /// <summary>Fills in what these options say about one method.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="options">The rest of the settings.</param>
    /// <param name="method">One of <see cref="Methods"/>.</param>
    /// <param name="matches">Whether LoRA's rank follows from the fraction.</param>
    public TrainingOptions Read(ParseResult result, TrainingOptions options, string method, out bool matches)
    {
        matches = result.GetValue(matchParameters);
        if (matches && result.GetValue(loraRank) is not null)
            throw new ArgumentException("--match-parameters chooses the rank; leave out --lora-rank.");
        int? kept = result.GetValue(keptEntries);
        if (kept is not null && result.GetResult(fraction) is { Implicit: false })
            throw new ArgumentException("--kept-entries takes the place of --fraction; leave one of them out.");
        return options with
        {
            Method = Parse(method)!.Value,
            Scope = result.GetRequiredValue(train) == "mlp" ? TrainingScope.Mlp : TrainingScope.All,
            Fraction = result.GetRequiredValue(fraction)!.Value,
            KeptEntries = kept,
            Selection = result.GetRequiredValue(selection),
            PreliminarySteps = result.GetRequiredValue(preliminarySteps)!.Value,
            Lora = new LoraOptions
            {
                Rank = result.GetValue(loraRank) ?? Defaults.Lora.Rank,
                Alpha = result.GetValue(loraAlpha),
                Dropout = result.GetRequiredValue(loraDropout)!.Value,
                Targets = result.GetValue(loraTargets) is { Length: > 0 } targets ? targets : Defaults.Lora.Targets,
            },
        };
    }
}
