using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Train;

namespace VkSparseGrad.Cli.Compare.Plan;

/// <summary>Settings of cells as texts, and what train makes of them.</summary>
internal static class CellSettings
{
    /// <summary>The text of a switch that is on.</summary>
    public const string On = "true";

    /// <summary>The text of a switch that is off.</summary>
    public const string Off = "false";

    // What the plan says of each cell, and what a run without a model to write, or checkpoints, has no use for.
    private static readonly string[] NotShared =
        ["--model", "--task", "--data", "--method", "--output", "--overwrite", "--seed", "--add-prefix", "--save-steps", "--keep", "--checkpoints", "--resume", "--early-stopping"];

    /// <summary>Those of train's options that a comparison takes too, with new option objects.</summary>
    public static IReadOnlyList<Option> Options() => [.. new TrainArguments().All.Where(option => !NotShared.Contains(option.Name))];

    public static bool IsSwitch(Option option) => option.Arity.MaximumNumberOfValues == 0;

    /// <summary>The texts of those options that were given.</summary>
    public static IReadOnlyDictionary<string, string> Given(ParseResult result, IEnumerable<Option> options) => options
        .Select(option => (option, Result: result.GetResult(option)))
        .Where(item => item.Result is { Implicit: false })
        .ToDictionary(item => item.option.Name, item => IsSwitch(item.option) ? On : item.Result!.Tokens[0].Value);

    /// <summary>Reads settings as train reads its command line.</summary>
    /// <param name="own">What the plan says of the cell: options and their values.</param>
    /// <param name="layers">Settings; a later layer's take the place of an earlier one's.</param>
    /// <exception cref="ArgumentException">A value is out of its range; the message says which.</exception>
    public static TrainSettings Read(
        IReadOnlyList<(string Option, string Value)> own, params ReadOnlySpan<IReadOnlyDictionary<string, string>> layers)
    {
        var texts = new Dictionary<string, string>();
        foreach (IReadOnlyDictionary<string, string> layer in layers)
        {
            foreach ((string name, string text) in layer)
                texts[name] = text;
        }

        var arguments = new TrainArguments();
        var command = new Command("train");
        foreach (Option option in arguments.All)
            command.Options.Add(option);
        HashSet<string> switches = [.. arguments.All.Where(IsSwitch).Select(option => option.Name)];
        string[] words =
        [
            .. own.SelectMany(item => (string[])[item.Option, item.Value]),
            .. texts.Where(item => !switches.Contains(item.Key)).SelectMany(item => (string[])[item.Key, item.Value]),
            .. texts.Where(item => switches.Contains(item.Key) && item.Value == On).Select(item => item.Key),
        ];
        ParseResult parsed = command.Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null });
        return UsageError.In(parsed) is string fault ? throw new ArgumentException(fault) : arguments.Read(parsed);
    }
}
