using System.Text.RegularExpressions;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Compare.Plan;

/// <summary>A method with its place in the dimensions that a comparison varies.</summary>
/// <param name="Name">What it is called in the tables.</param>
/// <param name="Family">Its name without the fraction that a comparison varies.</param>
/// <param name="Method">Its name on train's command line.</param>
/// <param name="Settings">Its settings.</param>
internal sealed partial record MethodVariant(string Name, string Family, string Method, IReadOnlyDictionary<string, string> Settings)
{
    public TrainingMethod Kind => MethodArguments.Parse(Method)!.Value;

    /// <summary>The name as a folder on any system.</summary>
    public string Folder => NoFolder().Replace(Name.ToLowerInvariant(), "-").Trim('-', '.');

    /// <summary>Every method of a request in all variations that apply to it.</summary>
    /// <exception cref="ArgumentException">A variation applies to no method.</exception>
    public static IReadOnlyList<MethodVariant> Of(ComparisonRequest request)
    {
        IEnumerable<MethodVariant> variants = request.Methods.Select(method => new MethodVariant(method.Name, method.Name, method.Method, method.Settings));
        variants = Vary(variants, "--selection", "selection", request.Selections, inFamily: true, TrainingMethod.SparseGrad);
        variants = Vary(variants, "--preliminary-steps", "preliminary", request.PreliminarySteps, inFamily: true, TrainingMethod.SparseGrad);
        variants = Vary(variants, "--fraction", "fraction", request.Fractions, inFamily: false, TrainingMethod.SparseGrad, TrainingMethod.MeProp);
        return [.. variants];
    }

    private static MethodVariant[] Vary(
        IEnumerable<MethodVariant> variants, string option, string word, IReadOnlyList<string> values, bool inFamily, params TrainingMethod[] kinds)
    {
        MethodVariant[] all = [.. variants];
        if (values.Count == 0)
            return all;
        if (!all.Any(variant => kinds.Contains(variant.Kind)))
        {
            throw new ArgumentException(
                $"Several values of {option} are for {string.Join(" and ", kinds.Select(MethodArguments.Name))}, which is not among the methods.");
        }

        return
        [
            .. all.SelectMany(variant => !kinds.Contains(variant.Kind) ? [variant] : values.Select(value => new MethodVariant(
                $"{variant.Name}, {word} {value}", inFamily ? $"{variant.Family}, {word} {value}" : variant.Family, variant.Method,
                new Dictionary<string, string>(variant.Settings) { [option] = value }))),
        ];
    }

    [GeneratedRegex("[^a-z0-9._]+")]
    private static partial Regex NoFolder();
}
