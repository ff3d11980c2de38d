using System.CommandLine;
using System.CommandLine.Help;

namespace Conformer.Cli.Terminal;

/// <summary>Help is as wide as the terminal, and 80 columns in a pipe, where it would have no line breaks at all.</summary>
internal static class HelpWidth
{
    private const int Widest = 110;

    public static void Set(RootCommand root)
    {
        if (root.Options.OfType<HelpOption>().SingleOrDefault()?.Action is HelpAction help)
            help.MaxWidth = Console.IsOutputRedirected || Console.WindowWidth <= 0 ? TextTable.MostColumns - 1 // lines end in a space
                : Math.Clamp(Console.WindowWidth - 1, TextTable.MostColumns, Widest);
    }
}
