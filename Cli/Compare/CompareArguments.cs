using System.CommandLine;
using System.Globalization;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Compare.Plan;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.ModelLoaders.Datasets;

namespace VkSparseGrad.Cli.Compare;

/// <summary>The options of <c>vksparsegrad compare</c>: its own, and the training settings of train.</summary>
internal sealed class CompareArguments
{
    private static readonly string[] Tasks = [.. GlueTasks.All.Select(TrainArguments.Name)];

    private readonly Option<string> file = Options.Text(
        "--file", "JSON file that says everything the other options say; see the example above.", "file", required: false);

    private readonly Option<string> model = SharedOptions.PretrainedModel(required: false);

    private readonly Option<string> data = Options.Text(
        "--data", "Folder that holds a folder for each task under the task's name, in any case and with or without hyphens.", "folder", required: false);

    private readonly Option<string[]> tasks = Names("--tasks", $"GLUE tasks, with commas between: {string.Join(", ", Tasks)}.", Tasks);

    private readonly Option<string[]> methods = Names(
        "--methods", $"Methods, with commas between: {string.Join(", ", MethodArguments.Methods)}. See 'vksparsegrad train --help'.", MethodArguments.Methods);

    private readonly Option<ulong[]> seeds = new("--seeds")
    {
        Description = "Seeds, with commas between: each task and method is run once with each.",
        HelpName = "n,n,...",
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            var read = new List<ulong>();
            foreach (string item in text.Split(','))
            {
                if (!ulong.TryParse(item, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed))
                    result.AddError($"--seeds is '{text}'; it must be whole numbers from 0 to 18446744073709551615 with commas between.");
                else if (read.Contains(seed))
                    result.AddError($"--seeds has {seed} twice; give each once.");
                read.Add(seed);
            }

            return [.. read];
        },
    };

    private readonly Option<string> output = Options.Text(
        "--output", "Folder for report.md, report.html and the cells. Cells that are there already are not run again.", "folder", required: false);

    private readonly Option<bool> overwrite = Options.Switch(
        "--overwrite", "Run cells again that are in the output folder with other settings.");

    private readonly Option<string> fractions = Options.Text(
        "--fractions", "Run SparseGrad and MeProp with each of these in place of --fraction, such as 0.008,0.01,0.042.", "x,x,...", required: false);

    private readonly Option<string> selections = Options.Text(
        "--selections", "Run SparseGrad with each of these in place of --selection, with semicolons between, such as 'every-step;rows:0.125,refresh:20'.",
        "selection;...", required: false);

    private readonly Option<string> preliminary = Options.Text(
        "--preliminary", "Run SparseGrad with each of these in place of --preliminary-steps, such as 3,10,30.", "n,n,...", required: false);

    private readonly IReadOnlyList<Option> settings = CellSettings.Options();

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All => [file, .. Own, overwrite, .. settings];

    private IReadOnlyList<Option> Own => [model, data, tasks, methods, seeds, output, fractions, selections, preliminary];

    public bool Overwrites(ParseResult result) => result.GetValue(overwrite);

    /// <summary>What is asked for.</summary>
    /// <exception cref="ArgumentException">An option is missing, or one is given that does not go with another.</exception>
    /// <exception cref="InvalidDataException">The file is not one of comparisons.</exception>
    public ComparisonRequest Read(ParseResult result)
    {
        if (result.GetValue(file) is string path)
        {
            if (Own.Concat(settings).FirstOrDefault(option => IsGiven(result, option)) is Option extra)
                throw new ArgumentException($"--file says everything; leave out {extra.Name} or write it into {path}.");
            return RunsFile.Read(path);
        }

        if (((Option[])[model, data, tasks, methods, seeds, output]).FirstOrDefault(option => !IsGiven(result, option)) is Option missing)
            throw new ArgumentException($"{missing.Name} is missing; give it, or everything in a --file.");
        RefuseBoth(result, fractions, "--fraction");
        RefuseBoth(result, selections, "--selection");
        RefuseBoth(result, preliminary, "--preliminary-steps");
        return new ComparisonRequest
        {
            Model = result.GetRequiredValue(model),
            Data = result.GetRequiredValue(data),
            Output = result.GetRequiredValue(output),
            Tasks = [.. result.GetRequiredValue(tasks).Select(name => new TaskRequest(GlueTasks.All.Single(task => TrainArguments.Name(task) == name), null, None))],
            Methods = [.. result.GetRequiredValue(methods).Select(name => new MethodRequest(name, name, None))],
            Seeds = result.GetRequiredValue(seeds),
            Settings = CellSettings.Given(result, settings),
            Fractions = Split(result.GetValue(fractions), ','),
            Selections = Split(result.GetValue(selections), ';'),
            PreliminarySteps = Split(result.GetValue(preliminary), ','),
            Source = CommandText.Of(result),
        };
    }

    private static IReadOnlyDictionary<string, string> None { get; } = new Dictionary<string, string>();

    private static bool IsGiven(ParseResult result, Option option) => result.GetResult(option) is { Implicit: false };

    private static string[] Split(string? list, char separator) => list?.Split(separator) ?? [];

    private void RefuseBoth(ParseResult result, Option several, string one)
    {
        if (IsGiven(result, several) && IsGiven(result, settings.Single(option => option.Name == one)))
            throw new ArgumentException($"{several.Name} takes the place of {one}; leave one of them out.");
    }

    private static Option<string[]> Names(string name, string help, IReadOnlyList<string> choices) => new(name)
    {
        Description = help,
        HelpName = "name,name,...",
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            string[] names = [.. result.Tokens[0].Value.Split(',').Select(item => choices.FirstOrDefault(choice => Bare(choice) == Bare(item), item))];
            if (Array.Find(names, item => !choices.Contains(item)) is string unknown)
                result.AddError($"{name} '{unknown}' is not one of {string.Join(", ", choices)}{NearestName.Suggestion(unknown, choices)}");
            else if (names.Distinct().Count() < names.Length)
                result.AddError($"{name} has one name twice; give each once.");
            return names;
        },
    };

    private static string Bare(string name) => name.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();
}
