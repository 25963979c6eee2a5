using System.CommandLine;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.CommandLine;

/// <summary><c>--precision</c>, in whatever command has it.</summary>
internal sealed class PrecisionOption
{
    private const string Float32 = "fp32", Mixed = "mixed";

    /// <param name="help">What it does there.</param>
    public PrecisionOption(string help)
    {
        Option = Options.Choice("--precision", help, [Float32, Mixed], Float32);
    }

    public Option<string> Option { get; }

    public Precision Read(ParseResult result) => result.GetRequiredValue(Option) == Mixed ? Precision.Mixed : Precision.Float32;

    /// <summary>The name on the command line.</summary>
    public static string Name(Precision precision) => precision == Precision.Mixed ? Mixed : Float32;
}
