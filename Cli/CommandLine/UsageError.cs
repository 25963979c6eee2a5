using System.CommandLine;
using System.CommandLine.Parsing;

namespace VkSparseGrad.Cli.CommandLine;

/// <summary>Says in one line what is wrong with a command line.</summary>
internal static class UsageError
{
    /// <summary>The first fault, or null.</summary>
    public static string? In(ParseResult result)
    {
        if (result.Errors.Count == 0)
            return Repeated(result);

        // A misspelt name makes other faults, such as a required option that is missing.
        return Unknown(result) ?? Repeated(result) ?? ExpectedFailure.OneLine(result.Errors[0].Message);
    }

    private static string? Unknown(ParseResult result)
    {
        if (result.UnmatchedTokens.Count == 0)
            return null;
        string token = result.UnmatchedTokens[0].Split('=')[0];
        Command command = result.CommandResult.Command;
        if (token.StartsWith('-'))
            return $"unknown option '{token}'{NearestName.Suggestion(token, OptionNames(command))}{SeeHelp(command)}";
        return command.Subcommands.Count > 0
            ? $"unknown command '{token}'{NearestName.Suggestion(token, command.Subcommands.Select(sub => sub.Name))}{SeeHelp(command)}"
            : $"unexpected word '{token}'; values follow their option{SeeHelp(command)}";
    }

    private static IEnumerable<string> OptionNames(Command command) => command.Options.Select(option => option.Name).Append("--help");

    private static string? Repeated(ParseResult result)
    {
        OptionResult? repeated = result.CommandResult.Children.OfType<OptionResult>().FirstOrDefault(option => option.IdentifierTokenCount > 1);
        return repeated is null ? null : $"{repeated.Option.Name} is given {repeated.IdentifierTokenCount} times; give it once.";
    }

    private static string SeeHelp(Command command) =>
        $" (see 'vksparsegrad {(command.Parents.Any() ? command.Name + " " : "")}--help')";
}
