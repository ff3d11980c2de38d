using System.Reflection;
using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Conformer.Columns;

/// <summary>Calls a generic method for a type known at run time only: ML.NET's column types carry their .NET type as a value.</summary>
internal static class GenericCall
{
    public static object? Invoke(Type owner, string method, Type typeArgument, params object[] arguments)
    {
        try
        {
            return owner.GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(typeArgument).Invoke(null, arguments);
        }
        catch (TargetInvocationException e) when (e.InnerException is { } cause)
        {
            ExceptionDispatchInfo.Throw(cause);
            throw;
        }
    }
}
